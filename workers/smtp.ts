// Hands mails to the mail server: over TLS that is verified, with deadlines, on a few connections that are kept.
import { createHash } from 'node:crypto'
import { createTransport } from 'nodemailer'
import type { WorkerConfig } from '../src/config.ts'
import type { WrittenMail } from '../src/mail/content.ts'

export interface Letter extends WrittenMail {
  /** of the mail: its Message-ID is made from it, so that one that comes twice can be told to be the same */
  id: string
  to: string
  unsubscribeUrl?: string
}

/** What the server said to it. */
export type Handed =
  | { kind: 'taken' }
  /** this mail will never be taken */
  | { kind: 'refused'; reason: string }
  /** nobody was there, or it may be taken another time */
  | { kind: 'fault'; reason: string }

export type Smtp = ReturnType<typeof createSmtp>

export const SMTP_CONNECTIONS = 5
const CONNECT_MS = 10_000
const SILENCE_MS = 20_000
/** Servers close connections that are idle for longer. */
const IDLE_MS = 20_000

/** @param from who sends, as mail programs show it */
export function createSmtp(
  { host, port, secure, requireTls, auth }: NonNullable<WorkerConfig['smtp']>,
  from: NonNullable<WorkerConfig['mail']>['from'],
) {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1)
  const transport = createTransport({
    pool: true,
    host,
    port,
    secure,
    requireTLS: requireTls,
    ...(auth ? { auth } : {}),
    maxConnections: SMTP_CONNECTIONS,
    // A mail whose connection was lost is tried again when the outbox says so.
    maxRequeues: 0,
    idleTimeout: IDLE_MS,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    // Texts are all that is sent.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    /** Never throws. */
    async hand({ id, to, subject, text, html, unsubscribeUrl }: Letter, signal: AbortSignal): Promise<Handed> {
      const unsubscribe = unsubscribeUrl && {
        'List-Unsubscribe': `<${unsubscribeUrl}>`,
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      }
      try {
        await transport.sendMail({
          from,
          // As an object: what looks like a list of addresses is none.
          to: { name: '', address: to },
          subject,
          text,
          html,
          messageId: `<${createHash('sha256').update(id).digest('hex').slice(0, 40)}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All', ...unsubscribe },
          signal,
        })
        return { kind: 'taken' }
      } catch (error) {
        return readError(error as SmtpError)
      }
    },
    /** Says who we are, and leaves without a mail. Never throws. */
    async verify(): Promise<Handed> {
      try {
        await transport.verify()
        return { kind: 'taken' }
      } catch (error) {
        return readError(error as SmtpError)
      }
    },
    close: () => transport.close({ force: true }),
  }
}

interface SmtpError extends Error {
  code?: string
  /** of the system or of TLS, where the library has put its own in its place */
  originalCode?: string
  command?: string
  responseCode?: number
  /** the server will say the same again */
  permanent?: boolean
}

/** A server that refuses sender or password refuses every mail: that is for ops to mend, and the mails wait for it. */
const ofThisMail = ['RCPT TO', 'DATA']

/** Codes alone: what a server says may repeat addresses. */
function readError({ code, originalCode, command = '', responseCode, permanent }: SmtpError): Handed {
  const reason = [code, originalCode, command, responseCode].filter(Boolean).join(' ') || 'unknown'
  return { kind: permanent && ofThisMail.includes(command) ? 'refused' : 'fault', reason }
}
