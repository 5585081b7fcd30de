// The demo in words: who can sign in, what to paste, and what will happen.
import type { Demo } from './seed.ts'

const pad = (rows: string[][]) => {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}`.trimEnd())
}

/** A text for a terminal. It holds passwords that are worth nothing outside the local demo. */
export const describeDemo = (demo: Demo): string => {
  const first = demo.accounts[0]
  const paste = JSON.stringify({ identifier: first?.identifier, appPassword: first?.appPassword })
  return [
    '',
    'Connect these accounts: paste handle and app password',
    ...pad([
      ['handle', 'app password', 'ends as'],
      ...demo.accounts.map(({ identifier, appPassword, expect }) => [identifier, appPassword, expect]),
    ]),
    '',
    'What will happen',
    ...pad(demo.accounts.map(({ identifier, note }) => [identifier, note])),
    '',
    `The accounts live on a real PDS at ${demo.pdsUrl}, or on a second one at ${demo.otherPdsUrl}; both take new accounts.`,
    'What no real server says at will, a small front before the first one says for it, for some accounts under a name',
    'of their own (http://overloaded.localhost:…): a server behind the one where they sign in.',
    '',
    'The same from a shell',
    `  curl -c demo-cookies -H 'origin: ${demo.url}' -H 'content-type: application/json' \\`,
    `    -d '${JSON.stringify(demo.user)}' ${demo.url}/api/auth/sign-in/email`,
    `  curl -b demo-cookies -H 'origin: ${demo.url}' -H 'content-type: application/json' \\`,
    `    -d '${paste}' ${demo.url}/api/channels/bluesky`,
    `  curl -b demo-cookies ${demo.url}/api/channels`,
    '',
    ...(demo.mailboxUrl ? [`Mails do not leave this machine: read them at ${demo.mailboxUrl}`, ''] : []),
    // Last, where it is not scrolled away.
    `bluesky-connect runs at ${demo.url}: open ${demo.url}/app/channels and sign in`,
    ...pad([
      ['as', 'e-mail', 'password'],
      ['user', demo.user.email, demo.user.password],
      ['admin', demo.admin.email, demo.admin.password],
    ]),
  ].join('\n')
}
