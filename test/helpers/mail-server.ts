// A real SMTP server on loopback that catches mails, and that can be told to refuse or to hang.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { simpleParser, type ParsedMail } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { expect } from 'vitest'

export type Stage = 'connect' | 'auth' | 'from' | 'to' | 'data'
/** null: it goes on; a number is the server's answer; a promise keeps it waiting */
type Reply = number | null | Promise<number | null>

export interface Caught {
  mail: ParsedMail
  raw: string
  to: string[]
}

export interface MailServer {
  url: string
  port: number
  caught: Caught[]
  /** how often each stage was reached */
  count: (stage: Stage) => number
  reply: (stage: Stage) => Reply
  /**
   * @param since how many were caught before it
   * @returns the newest of those with that subject, as soon as there is one
   */
  mailTo: (address: string, subject?: RegExp, since?: number) => Promise<Caught>
  close(): Promise<void>
}

const refusal = (code: number) => Object.assign(new Error('refused by the test'), { responseCode: code })

/** @param options of the SMTP server: a port, TLS, whether it asks for a password */
export async function startMailServer(
  { port = 0, ...options }: SMTPServerOptions & { port?: number } = {},
  start: { reply?: MailServer['reply'] } = {},
): Promise<MailServer> {
  const stages: Stage[] = []
  const caught: Caught[] = []
  const at = (stage: Stage, done: (error?: Error | null) => void) => {
    stages.push(stage)
    void Promise.resolve(server.reply(stage)).then((code) => done(code === null ? null : refusal(code)))
  }
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    logger: false,
    disableReverseLookup: true,
    closeTimeout: 100,
    ...options,
    onConnect: (_session, done) => at('connect', done),
    onAuth: ({ username = '' }, _session, done) => at('auth', (error) => done(error, { user: username })),
    onMailFrom: (_address, _session, done) => at('from', done),
    onRcptTo: (_address, _session, done) => at('to', done),
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () =>
        at('data', (error) => {
          if (error) return done(error)
          const raw = Buffer.concat(chunks)
          const to = envelope.rcptTo.map(({ address }) => address)
          void simpleParser(raw).then((mail) => {
            caught.push({ mail, raw: raw.toString(), to })
            done()
          })
        }),
      )
    },
  })
  // A client that goes away in the middle is what some tests are about.
  smtp.on('error', () => {})
  await once(smtp.listen(port, '127.0.0.1'), 'listening')
  const address = smtp.server.address() as AddressInfo
  const server: MailServer = {
    url: `smtp://127.0.0.1:${address.port}`,
    port: address.port,
    caught,
    count: (stage) => stages.filter((one) => one === stage).length,
    reply: start.reply ?? (() => null),
    async mailTo(to, subject = /./, since = 0) {
      const find = () =>
        caught.slice(since).findLast((one) => one.to.includes(to) && subject.test(one.mail.subject ?? ''))
      await expect.poll(find, { timeout: 30_000, message: `no mail to ${to}` }).toBeDefined()
      return find() as Caught
    },
    close: () => new Promise((resolve) => smtp.close(() => resolve())),
  }
  return server
}

/** The address of the link in a mail that leads to a page. */
export function linkIn({ mail }: Caught, page: string): URL {
  const found = new RegExp(String.raw`https?://\S+/${page}\S*`).exec(mail.text ?? '')
  if (!found) throw new Error(`no link to ${page} in: ${mail.text}`)
  return new URL(found[0])
}

export const mailEnv = ({ url }: Pick<MailServer, 'url'>) => ({
  SMTP_URL: url,
  MAIL_FROM: 'Bluesky Connect <connect@example.com>',
})
