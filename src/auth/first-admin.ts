// What a start says of a first administrator who is there already: whether ADMIN_EMAIL and ADMIN_PASSWORD still fit, and what resets a password.
import type { Auth } from '../auth.ts'
import type { ApiConfig } from '../config.ts'
import type { Context } from '../context.ts'
import { findAccount } from '../db/accounts.ts'

const RESET =
  './service.sh admin reset-password makes a link to a new one (in a container: node src/admins.ts reset-password)'

/** They count when there is no administrator yet, and never again. */
export async function tellOfFirstAdmin({ config, db, log }: Context<ApiConfig>, auth: Pick<Auth, '$context'>) {
  if (!config.firstAdmin) return
  const { email, password } = config.firstAdmin
  const account = await findAccount(db, email)
  if (account?.role !== 'admin') {
    log.warn(
      { email },
      'ADMIN_EMAIL is not the address of an administrator, and there is one already: none is made of it. ./service.sh admin list shows who is',
    )
    return
  }
  const library = await auth.$context
  const accounts = await library.internalAdapter.findAccounts(account._id.toHexString())
  const hash = accounts.find(({ providerId }) => providerId === 'credential')?.password
  if (hash && (await library.password.verify({ hash, password }))) {
    log.info({ email }, 'the first administrator is there already, with ADMIN_PASSWORD')
    return
  }
  log.warn(
    { email },
    `ADMIN_PASSWORD is not the password of ADMIN_EMAIL any more: it counts only when the first administrator is made. ${RESET}`,
  )
}
