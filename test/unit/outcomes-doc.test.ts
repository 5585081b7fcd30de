// docs/outcomes.md is made from the catalogue; `npx vitest run test/unit/outcomes-doc.test.ts -u` makes it anew.
import { expect, test } from 'vitest'
import { outcomeCodes, outcomes } from '../../src/outcomes/catalogue.ts'
import { phrases, settings } from '../../src/outcomes/words.ts'

const who = {
  user: 'The user',
  admin: 'The administrator',
  time: 'Usually nobody has to: it passes by itself',
  us: 'Whoever runs bluesky-connect',
}
const again = {
  never: 'Not by itself.',
  wasConnected: 'Every day, where the channel was connected.',
  backoff: 'After 1, 5 and 30 minutes, then every hour, for 24 hours.',
  named: 'When the server says, else when its window ends (6 hours at the most) or after 5 minutes; for 24 hours.',
  hourly: 'Every hour, for 24 hours.',
  daily: 'Every day.',
  once: 'Once, after a minute.',
}

function describeOutcomes(): string {
  const sections = outcomeCodes.map((code) => {
    const { title, cause, fix, adminFix, fixBy, retry, link, mayPass } = outcomes[code]
    const lines = [
      `**${title}.** ${cause}`,
      `- What to do: ${fix}${link ? ` (${link})` : ''}`,
      ...(adminFix ? [`- What the administrator can do: ${adminFix}`] : []),
      `- Who can fix it: ${who[fixBy]}.`,
      `- Tried again: ${again[retry ?? (mayPass ? 'wasConnected' : 'never')]}`,
    ]
    return `## ${code}\n\n${lines[0]}\n\n${lines.slice(1).join('\n')}\n`
  })
  const intro =
    'Every way in which a connect, a verify or a removal can end, in the order in which they are told apart. `{server}` and the like are filled in; a sentence, or a part in brackets, stands only where what it names is known.'
  const advice = settings.map((setting) => `- ${phrases.setting[setting]}`)
  const about = 'In place of `{setting}` stands where the address comes from, one of these:'
  return `# Outcomes\n\n${intro}\n\n${about}\n\n${advice.join('\n')}\n\n${sections.join('\n')}`
}

test('docs/outcomes.md says what the catalogue says', async () => {
  await expect(describeOutcomes()).toMatchFileSnapshot('../../docs/outcomes.md')
})
