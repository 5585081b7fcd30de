// docs/configuration.md is made from config.ts and .env.example; `npx vitest run test/unit/configuration-doc.test.ts -u` makes it anew.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { variables } from '../../src/config.ts'
import { ownVariables, secretVariables } from '../../src/environment.ts'

type Name = keyof typeof variables

/** A change needs the processes that go by it started anew. What is not listed both go by. */
const goneBy = {
  'the API': [
    'LISTEN_ADDRESS',
    'TRUST_PROXY',
    'SECURITY_CONTACT',
    'ADMIN_SECOND_FACTOR',
    'SIGN_UP',
    'QUOTAS',
    'CHANNELS_IN_FLIGHT',
    ...ownVariables.api,
  ],
  'the workers': [
    'PLC_DIRECTORY_URL',
    'HANDLE_RESOLVER_URL',
    'BLUESKY_APPVIEW_URL',
    'REQUEST_TIMEOUT_SECONDS',
    'WORKER_QUEUES',
    'WORKER_CONCURRENCY',
    'RETRY_DELAYS_SECONDS',
    'GIVE_UP_AFTER_SECONDS',
    'SWEEP_INTERVAL_SECONDS',
    'CHECK_INTERVAL_SECONDS',
    'CHECK_GIVE_UP_AFTER_SECONDS',
    'SIGN_IN_BUDGETS',
    ...ownVariables.worker,
  ],
} satisfies Record<string, Name[]>

interface Section {
  title: string
  about: string
  entries: { name: Name; meaning: string; value: string }[]
}

/** A comment is the meaning of the variables below it; a line that begins with ── is a section. */
function readExample(): Section[] {
  const sections: Section[] = []
  let comment: string[] = []
  let meaning = ''
  for (const line of readFileSync(new URL('../../.env.example', import.meta.url), 'utf8').split('\n')) {
    const [, heading] = /^# ── (.+) ──$/.exec(line) ?? []
    const [, name, value = ''] = /^([A-Z_]+)=(.*)$/.exec(line) ?? []
    const section = sections.at(-1)
    if (heading !== undefined) {
      const end = heading.search(/[.:] /)
      const title = end === -1 ? heading : heading.slice(0, end)
      const more = end === -1 ? '' : `${heading.slice(end + 2)}.`
      sections.push({ title, about: more.charAt(0).toUpperCase() + more.slice(1), entries: [] })
      comment = []
      meaning = ''
    } else if (name !== undefined && section) {
      if (comment.length > 0) meaning = comment.join(' ')
      comment = []
      section.entries.push({ name: name as Name, meaning, value })
    } else if (line.startsWith('# ')) comment.push(line.slice(2))
    else comment = []
  }
  return sections
}

function describeVariable({ name, meaning, value }: Section['entries'][number]): string {
  const shape = variables[name]
  const expected = shape.safeParse('\0').error?.issues[0]?.message.replace(/; entry 1 is not$/, '')
  const isNeeded = !shape.safeParse(undefined).success
  const unset = isNeeded ? 'none: it has to be set' : 'none'
  const [who = 'the API and the workers'] =
    Object.entries(goneBy).find(([, names]) => (names as Name[]).includes(name)) ?? []
  const isSecret = (secretVariables as readonly string[]).includes(name)
  const lines = [
    `- Expected: ${expected}`,
    `- Default: ${value ? `\`${value}\`` : unset}`,
    `- Read by: ${who}`,
    ...(isSecret ? [`- Secret: \`${name}_FILE\` can name a file that holds it`] : []),
  ]
  return [`### ${name}`, ...(meaning ? [meaning] : []), lines.join('\n')].join('\n\n')
}

function describeConfiguration(): string {
  const intro =
    'Every variable of the environment, as `src/config.ts` reads it. `.env` in the working directory stands beneath the environment; an empty value counts as not set. A process with a mistake in what it reads does not start, and names every mistake at once; `./service.sh doctor` finds them too. After a change start the processes anew that read the variable: `./service.sh restart api`, or `./service.sh restart all`.'
  const sections = readExample().map(({ title, about, entries }) =>
    [`## ${title}`, ...(about ? [about] : []), ...entries.map(describeVariable)].join('\n\n'),
  )
  return `# Configuration\n\n${intro}\n\n${sections.join('\n\n')}\n`
}

test('docs/configuration.md says what config.ts and .env.example say', async () => {
  await expect(describeConfiguration()).toMatchFileSnapshot('../../docs/configuration.md')
})

test('it has every variable, once, with what each secret is', () => {
  const text = describeConfiguration()
  const namesOf = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name).toSorted()
  expect(namesOf(/^### (\w+)$/gm)).toEqual(Object.keys(variables).toSorted())
  expect(namesOf(/^- Secret: `(\w+)_FILE`/gm)).toEqual([...secretVariables].toSorted())
  expect(text).not.toContain('undefined')
})
