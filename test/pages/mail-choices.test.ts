// Switching mails off and on, in a browser: on the page of one's own account, and by the link of a mail without a session.
import { afterAll, expect, test } from 'vitest'
import { openSubscription } from '../../src/db/subscriptions.ts'
import { unsubscribeUrl } from '../../src/unsubscribe.ts'
import { mailEnv, startMailServer } from '../helpers/mail-server.ts'
import { admin, newEmail, password } from './people.ts'
import { browser, system, useProgram, wide } from './browser.ts'

const server = await startMailServer()
afterAll(() => server.close())
useProgram({ workers: false, env: mailEnv(server) })

const timeout = 120_000
const users = () => system.context.db.connection.collection('user')

async function signedIn() {
  const email = newEmail()
  const context = await browser.newContext({ ...wide, baseURL: system.url })
  for (const way of ['up', 'in']) {
    const data = { email, password, name: 'Test' }
    await context.request.post(`/api/auth/sign-${way}/email`, { data, headers: { origin: system.url } })
  }
  const user = await users().findOneAndUpdate({ email }, { $set: { emailVerified: true } })
  return { context, page: await context.newPage(), email, id: String(user?._id) }
}

test('the switch takes effect at once, and is still as it was left after a reload', { timeout }, async () => {
  const { page, email, context } = await signedIn()
  await page.goto('/app/account')
  const mails = page.getByRole('region', { name: 'E-mails' })
  await mails.getByText(`To ${email}.`).waitFor()
  const channels = mails.getByRole('switch', { name: 'When a channel breaks' })
  await channels.waitFor()
  expect(await channels.isChecked()).toBe(true)
  expect(await mails.getByRole('switch').count(), 'incidents are for administrators').toBe(1)
  const saved = page.waitForResponse('**/api/subscriptions')
  await channels.click()
  await saved
  await page.reload()
  await channels.waitFor()
  expect(await channels.isChecked()).toBe(false)
  await channels.focus()
  const savedAgain = page.waitForResponse('**/api/subscriptions')
  await page.keyboard.press('Space')
  await savedAgain
  await page.reload()
  await channels.waitFor()
  expect(await channels.isChecked()).toBe(true)
  await context.close()
})

test('an administrator has a switch for incidents too', { timeout }, async () => {
  const { page, context } = await admin()
  await page.goto('/app/account')
  await page.getByRole('switch', { name: 'When connects fail at a server' }).waitFor()
  await context.close()
})

test('the link of a mail asks first, needs no session, and the switch then is off', { timeout }, async () => {
  const { page: own, id, context } = await signedIn()
  const { key } = await openSubscription(system.context.db, id)
  const stranger = await browser.newContext({ ...wide, baseURL: system.url })
  const page = await stranger.newPage()
  await page.goto(unsubscribeUrl(system.context.config, { userId: id, key, topic: 'channels' }))
  await page.getByRole('heading', { name: 'No more of these mails?' }).waitFor()
  expect(page.url(), 'the key is not left in the address').toBe(`${system.url}/unsubscribe`)
  await own.goto('/app/account')
  const channels = own.getByRole('switch', { name: 'When a channel breaks' })
  await channels.waitFor()
  expect(await channels.isChecked(), 'nothing is off yet').toBe(true)
  await page.getByRole('button', { name: 'Stop these mails' }).click()
  await page.getByText('None of these mails comes any more.').waitFor()
  await own.reload()
  await channels.waitFor()
  expect(await channels.isChecked()).toBe(false)
  await Promise.all([stranger.close(), context.close()])
})

test('a link that is made up says so', { timeout }, async () => {
  const context = await browser.newContext({ ...wide, baseURL: system.url })
  const page = await context.newPage()
  await page.goto(`/unsubscribe#channels.6b04d55e2c46fd50fd7a9885.${'a'.repeat(32)}`)
  await page.getByRole('button', { name: 'Stop these mails' }).click()
  await page.getByText('This link is not valid any more.').waitFor()
  await context.close()
})
