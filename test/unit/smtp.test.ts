// Handing in a mail: never without TLS by mistake, never to a server whose certificate does not hold, never to anybody else.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { SMTPServerOptions } from 'smtp-server'
import { createSmtp, type Letter } from '../../workers/smtp.ts'
import { startRawServer } from '../helpers/raw-server.ts'
import { startMailServer, type MailServer } from '../helpers/mail-server.ts'
import { makeCertificate, trustCertificates, type Certificate } from '../helpers/tls.ts'

let trusted: Certificate
let stranger: Certificate
let distrust: () => void
const cleanUps: (() => unknown)[] = []

beforeAll(async () => {
  ;[trusted, stranger] = await Promise.all([makeCertificate('localhost'), makeCertificate('localhost')])
  distrust = trustCertificates(trusted)
})
afterAll(() => distrust())
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

const letter: Letter = { id: 'one', to: 'ada@example.org', subject: 'Hello', text: 'Hi', html: '<p>Hi</p>' }
const from = { name: 'Connect', address: 'connect@example.com' }
const auth = { user: 'connect', pass: 's3cret' }

async function serve(options: SMTPServerOptions): Promise<MailServer> {
  const server = await startMailServer(options)
  cleanUps.push(server.close)
  return server
}
async function hand(to: { port: number; secure?: boolean; requireTls?: boolean }, more: Partial<Letter> = {}) {
  const smtp = createSmtp({ host: 'localhost', secure: false, requireTls: false, auth, ...to }, from)
  cleanUps.push(smtp.close)
  return smtp.hand({ ...letter, ...more }, AbortSignal.timeout(5_000))
}

test('over TLS from the beginning', async () => {
  const { port, caught, count } = await serve({ secure: true, ...trusted })
  expect(await hand({ port, secure: true })).toEqual({ kind: 'taken' })
  expect([caught.length, count('auth')]).toEqual([1, 1])
})

test('over STARTTLS', async () => {
  const { port, caught } = await serve({ disabledCommands: [], ...trusted, allowInsecureAuth: false })
  expect(await hand({ port, requireTls: true })).toEqual({ kind: 'taken' })
  expect(caught).toHaveLength(1)
})

test.each([
  ['from the beginning', { secure: true }, { secure: true }],
  ['by STARTTLS', { disabledCommands: [] }, { requireTls: true }],
])('a certificate of a stranger, %s: neither password nor mail is sent', async (_name, served, how) => {
  const server = await serve({ ...stranger, ...served })
  expect(await hand({ port: server.port, ...how })).toEqual({
    kind: 'fault',
    reason: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
  })
  expect([server.count('auth'), server.caught.length]).toEqual([0, 0])
})

test('a server that offers no STARTTLS, as if somebody had cut it out: neither password nor mail is sent', async () => {
  const server = await serve({ disabledCommands: ['STARTTLS'] })
  expect(await hand({ port: server.port, requireTls: true })).toMatchObject({ kind: 'fault' })
  expect([server.count('auth'), server.caught.length]).toEqual([0, 0])
})

test('a server that says nothing is given up in time', async () => {
  const silent = await startRawServer(() => {})
  cleanUps.push(silent.close)
  const smtp = createSmtp({ host: '127.0.0.1', port: silent.port, secure: false, requireTls: false, auth: null }, from)
  cleanUps.push(smtp.close)
  const handed = await smtp.hand(letter, AbortSignal.timeout(200))
  expect(handed).toMatchObject({ kind: 'fault', reason: expect.stringContaining('EABORT') })
})

test('nobody there', async () => {
  const server = await startMailServer()
  await server.close()
  expect(await hand({ port: server.port })).toEqual({ kind: 'fault', reason: 'ESOCKET ECONNREFUSED CONN' })
})

test('a password that is refused is for ops to mend: the mail can wait', async () => {
  const server = await serve({})
  server.reply = (stage) => (stage === 'auth' ? 535 : null)
  expect(await hand({ port: server.port })).toEqual({
    kind: 'fault',
    reason: expect.stringMatching(/^EAUTH AUTH \w+ 535$/),
  })
})

test('where it can be ended, mail programs are told so', async () => {
  const server = await serve({})
  await hand({ port: server.port }, { unsubscribeUrl: 'https://connect.example.com/unsubscribe?x=1' })
  const [one] = server.caught
  expect(one?.raw).toContain('List-Unsubscribe: <https://connect.example.com/unsubscribe?x=1>')
  expect(one?.raw).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
})

test.each([
  { to: 'ada@example.org, victim@example.net' },
  { to: 'ada@example.org\r\nRCPT TO:<victim@example.net>' },
  { to: 'victim@example.net <ada@example.org>' },
  { subject: 'Hello\r\nBcc: victim@example.net' },
  { unsubscribeUrl: 'https://x.example/>\r\nBcc: victim@example.net' },
])('nothing that a letter holds brings it to others: %o', async (more) => {
  const server = await serve({})
  await hand({ port: server.port }, more)
  // An address that is none gets nothing at all.
  if (!('to' in more)) expect(server.caught).toHaveLength(1)
  for (const { to, mail } of server.caught) {
    expect(to.join()).not.toContain('victim@example.net')
    expect(mail.bcc).toBeUndefined()
  }
})
