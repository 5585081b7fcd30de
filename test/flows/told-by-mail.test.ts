// A channel breaks at a real server, and its owner hears of it by mail; it gets well by itself, and that is told too.
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { GATHER_MS, tellOnce } from '../../workers/notices.ts'
import { mailEnv, startMailServer, type MailServer } from '../helpers/mail-server.ts'
import { activate, createAccount, createAppPassword, deactivate, revokeAppPasswords } from '../helpers/pds.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
let server: MailServer
let system: System

beforeAll(async () => {
  server = await startMailServer()
  system = await createSystem({ env: mailEnv(server) })
})
afterAll(async () => {
  await system.stop()
  await server.close()
})

/** Somebody with a proved address and a connected account. */
async function connectedUser() {
  const user = await system.user()
  await system.context.db.connection
    .collection('user')
    .updateOne({ email: user.email }, { $set: { emailVerified: true } })
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  expect(await system.settled(user, id)).toMatchObject({ status: 'connected' })
  return { user, account, id }
}

/** Its time has come: the next sweep starts the check. */
async function checked(user: Client, id: string, status: string) {
  await system.context.db.channels.updateOne({ _id: id }, { $set: { 'lease.sweepAt': new Date() } })
  await system.until(user, id, (channel) => channel.status === status)
}
/** What was found is gathered for a while. */
const tell = (since = GATHER_MS) => tellOnce(system.context, new Date(Date.now() + since))

test('a deleted app password is told with what to do, and the link leads to the channel', async () => {
  const { user, account, id } = await connectedUser()
  await revokeAppPasswords(account)
  await checked(user, id, 'action_required')
  await tell()
  const { mail, raw } = await server.mailTo(user.email, /no longer connected/)
  expect(mail.subject).toBe(`${account.handle} is no longer connected`)
  expect(mail.text).toContain(`${system.url}/app/channels?reconnect=${id}`)
  expect(mail.html).toContain(`href="${system.url}/app/channels?reconnect=${id}"`)
  expect(raw).toContain('List-Unsubscribe')
})

test('what gets well by itself afterwards is told once', async () => {
  const { user, account, id } = await connectedUser()
  await deactivate(account)
  await checked(user, id, 'action_required')
  await tell()
  await server.mailTo(user.email, /no longer connected/)
  await activate(account)
  await checked(user, id, 'connected')
  await tell(2 * GATHER_MS)
  const { mail } = await server.mailTo(user.email, /connected again/)
  expect(mail.subject).toBe(`${account.handle} is connected again`)
  await tell(4 * GATHER_MS)
  expect(await system.context.db.mails.countDocuments({ userId: user.id, kind: 'channels' })).toBe(2)
})
