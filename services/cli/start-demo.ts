// `service.sh demo`: start, with a local PDS that holds accounts to try it with; and what one of their owners does meanwhile.
import { revokeDemo, seedDemo } from '../demo/seed.ts'
import { ServiceError } from '../errors.ts'
import { readNetwork } from './health.ts'
import { runtimeDir } from '../paths.ts'
import { say } from '../say.ts'
import { start } from './start.ts'

export async function demo(): Promise<void> {
  // The PDS gets it from the supervisor, which starts programs with the environment of this process.
  process.env['DEMO_FRONT'] = '1'
  const settings = await start({ demo: true })
  const pds = await readNetwork()
  const email = settings.get('ADMIN_EMAIL')
  const password = settings.get('ADMIN_PASSWORD')
  if (!pds) throw new ServiceError('The demo PDS has not said where it is: ./service.sh logs pds')
  if (!email || !password) throw new ServiceError('The demo needs ADMIN_EMAIL and ADMIN_PASSWORD in .env.')
  // Whoever has a mail server of their own set wants to see the mails there.
  const mailbox = settings.get('MAIL_FROM') ? undefined : pds.mailbox
  await seedDemo({ apiUrl: settings.baseUrl, pds, runtimeDir, admin: { email, password }, mailbox, print: say })
}

/** Deletes an app password at the PDS of the demo. */
export async function revoke(): Promise<void> {
  const pds = await readNetwork()
  if (!pds) throw new ServiceError('The demo is not running. ./service.sh demo starts it.')
  await revokeDemo({ pds, runtimeDir, print: say })
}
