// The mail server: connects, signs in and leaves, without a mail.
import { failed, ok, type Verdict } from '../../src/examination.ts'
import { createSmtp } from '../smtp.ts'
import type { Patient, Plan } from './examine.ts'

export function examineSmtp({ config }: Patient): Plan[] {
  return [{ id: 'smtp', title: 'E-mail', look: () => examineServer(config) }]
}

async function examineServer({ mail, smtp }: Patient['config']): Promise<Verdict> {
  if (!mail) return ok('off: MAIL_FROM and SMTP_URL are empty')
  if (!smtp) return ok('this process sends none: it has no SMTP_URL')
  const server = createSmtp(smtp, mail.from)
  try {
    const handed = await server.verify()
    const at = `${smtp.host}:${smtp.port}`
    if (handed.kind === 'taken') return ok(`${at} takes ${smtp.auth ? 'the password' : 'the connection'}`)
    const credentials = /EAUTH|\b535\b/.test(handed.reason)
    return failed(
      `${at} ${credentials ? 'refuses user or password' : 'cannot be used'} (${handed.reason})`,
      credentials
        ? 'Correct user and password in SMTP_URL (@ is written %40, / %2F, % %25). Mails wait for two days.'
        : 'Check SMTP_URL, the certificate of the server and the way there (port 465 or 587). Mails wait for two days.',
    )
  } finally {
    server.close()
  }
}
