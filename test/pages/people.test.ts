// What administrators do with people, and people with an invitation, in a real browser on the running program: by mouse and by keyboard.
import { randomUUID } from 'node:crypto'
import { Types } from 'mongoose'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { browser, system, useProgram, wide } from './browser.ts'
import { admin, newEmail, newUser, notReloaded, password, type Person } from './people.ts'

useProgram({ workers: false })

const timeout = 180_000
const newPassword = 'lamp harbour cactus'
const inDialog = (page: Page) => page.getByRole('dialog')
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const pressInDialog = (page: Page, name: string) => inDialog(page).getByRole('button', { name, exact: true }).click()
const account = (page: Page) => page.getByRole('region', { name: 'Account', exact: true })

/** In a browser that was never here. */
const stranger = async () => {
  const context = await browser.newContext({ ...wide, baseURL: system.url })
  return { context, page: await context.newPage() }
}
const signIn = async (page: Page, email: string, with_: string) => {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(with_)
  await press(page, 'Sign in')
}
/** By the search, as an administrator finds them. */
async function openPerson(page: Page, email: string) {
  await page.goto('/admin/people')
  await page.getByRole('searchbox', { name: 'Search' }).fill(email.slice(2, 20))
  await page.getByRole('link', { name: `Open ${email}` }).click()
  await page.getByRole('heading', { name: email }).waitFor()
}

test('somebody is invited by keyboard, sets a password by the link, and is welcomed', { timeout }, async () => {
  const { page, context } = await admin()
  const email = newEmail()
  await page.goto('/admin/people')
  await page.getByRole('heading', { name: 'People' }).waitFor()
  const stays = await notReloaded(page)
  await page.getByRole('button', { name: 'Add somebody' }).focus()
  await page.keyboard.press('Enter')
  await inDialog(page).getByLabel('E-mail').focus()
  await page.keyboard.type(email)
  await page.keyboard.press('Enter')
  const link = (await inDialog(page).getByLabel('Link', { exact: true }).textContent()) ?? ''
  expect(new URL(link).pathname).toBe('/invitation')
  expect(await inDialog(page).getByText('A mail with another link').count()).toBe(0)
  await pressInDialog(page, 'Done')
  const row = page.getByRole('row').filter({ hasText: email })
  await row.getByText('Invited').waitFor()
  await stays()

  const new_ = await stranger()
  await new_.page.goto(link)
  await new_.page.getByRole('heading', { name: 'Welcome' }).waitFor()
  // The token is neither in the address nor in the history any more.
  await expect.poll(() => new_.page.url()).toBe(`${system.url}/invitation`)
  await new_.page.getByLabel('Password', { exact: true }).fill('short')
  await new_.page.keyboard.press('Enter')
  // The rule is said once: what was a hint is what is wrong.
  expect(await new_.page.getByText('Use at least 12 characters').count()).toBe(1)
  await new_.page.getByLabel('Password', { exact: true }).fill(newPassword)
  await press(new_.page, 'Set password')
  await new_.page.getByText('Your password is set.').waitFor()
  await new_.page.getByRole('link', { name: 'Sign in' }).click()
  await new_.page.getByText('Welcome. Here you connect').waitFor()
  await signIn(new_.page, email, newPassword)
  await new_.page.getByText('Welcome. Here stand the accounts that you post to').waitFor()

  await new_.page.goto(link)
  await new_.page.getByLabel('Password', { exact: true }).fill('another lamp harbour')
  await press(new_.page, 'Set password')
  await new_.page.getByText('it works once, within seven days').waitFor()
  await Promise.all([context.close(), new_.context.close()])
})

test('whoever was here before is welcomed back', { timeout }, async () => {
  const { page, email, context } = await newUser()
  await page.goto('/app/channels')
  await page.getByRole('button', { name: 'Account menu' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByText('Welcome back.').waitFor()
  await signIn(page, email, password)
  await page.getByRole('heading', { name: 'Channels' }).waitFor()
  await context.close()
})

test('an account with a password is made; what is wrong is told at the field', { timeout }, async () => {
  const { page, context } = await admin()
  await page.goto('/admin/people')
  await press(page, 'Add somebody')
  const dialog = inDialog(page)
  await dialog.getByLabel('E-mail').fill('admin@example.com')
  await dialog.getByLabel('How they get in').selectOption('password')
  await dialog.getByLabel('Their password').fill(newPassword)
  await pressInDialog(page, 'Add')
  await dialog.getByText('There is an account with this e-mail address already.').waitFor()
  const email = newEmail()
  await dialog.getByLabel('E-mail').fill(email)
  await dialog.getByLabel('Role').selectOption('admin')
  await pressInDialog(page, 'Add')
  await dialog.waitFor({ state: 'detached' })
  const row = page.getByRole('row').filter({ hasText: email })
  await row.getByText('Administrator').waitFor()

  const other = await stranger()
  await other.page.goto('/sign-in')
  await signIn(other.page, email, newPassword)
  await other.page.getByRole('link', { name: 'People' }).waitFor()
  await Promise.all([context.close(), other.context.close()])
})

/** Acts on the person whose page is open, from its button to the end of its dialog. */
async function act(page: Page, name: string, confirm = name, fill?: { label: string; text: string }) {
  await press(page, name)
  if (fill) await inDialog(page).getByLabel(fill.label).fill(fill.text)
  await pressInDialog(page, confirm)
  await inDialog(page).waitFor({ state: 'detached' })
}

const isOut = async ({ context }: Person) => (await context.request.get('/api/me')).status() === 401

test('a person is made administrator, signed out, locked out, let in and removed', { timeout }, async () => {
  const { page, context } = await admin()
  const user = await newUser()
  await openPerson(page, user.email)
  const stays = await notReloaded(page)
  await act(page, 'Make administrator')
  await account(page).getByText('Administrator', { exact: true }).waitFor()
  await act(page, 'Make user')
  await account(page).getByText('User', { exact: true }).waitFor()

  await act(page, 'Sign out everywhere')
  await page.getByText('Signed in nowhere.').waitFor()
  expect(await isOut(user)).toBe(true)

  await act(page, 'Lock out', 'Lock out', { label: 'Reason', text: 'Left the company' })
  await account(page).getByText('Left the company').waitFor()
  await user.page.goto('/sign-in')
  await signIn(user.page, user.email, password)
  await user.page.getByText('This account is locked out.').waitFor()
  await act(page, 'Let in again')
  await account(page).getByText('Active').waitFor()
  await signIn(user.page, user.email, password)
  await user.page.getByRole('heading', { name: 'Channels' }).waitFor()

  const done = page.getByRole('region', { name: 'What was done' })
  await done.getByText('Let in again').waitFor()
  expect(await done.getByRole('listitem').count()).toBe(5)

  await press(page, 'Remove')
  await inDialog(page).getByLabel('to confirm').fill('somebody@else.example')
  await pressInDialog(page, 'Remove')
  await inDialog(page).getByText('That is not the e-mail address of this person.').waitFor()
  await inDialog(page).getByLabel('to confirm').fill(user.email.toUpperCase())
  await pressInDialog(page, 'Remove')
  await page.getByRole('heading', { name: 'People' }).waitFor()
  await page.getByRole('table').waitFor()
  expect(await page.getByText(user.email, { exact: true }).count()).toBe(0)
  await stays()
  expect(await isOut(user)).toBe(true)
  await Promise.all([context.close(), user.context.close()])
})

test('a link to a new password is copied and used', { timeout }, async () => {
  const { page, context } = await admin()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const user = await newUser()
  await openPerson(page, user.email)
  await press(page, 'Link to a new password')
  await pressInDialog(page, 'Link to a new password')
  await pressInDialog(page, 'Copy')
  await inDialog(page).getByRole('button', { name: 'Copied' }).waitFor()
  const link = await page.evaluate(() => navigator.clipboard.readText())
  await page.keyboard.press('Escape')
  await inDialog(page).waitFor({ state: 'detached' })
  await user.page.goto(link)
  await user.page.getByLabel('New password').fill(newPassword)
  await press(user.page, 'Set password')
  await user.page.getByText('Your password is changed.').waitFor()
  expect(await isOut(user)).toBe(true)
  await Promise.all([context.close(), user.context.close()])
})

test('whoever signed in a while ago is asked for the password, and goes on from there', { timeout }, async () => {
  const person = await admin()
  const { page } = person
  const user = await newUser()
  await system.context.db.connection
    .collection('session')
    .updateMany({}, { $set: { createdAt: new Date(Date.now() - 11 * 60_000) } })
  await openPerson(page, user.email)
  await press(page, 'Lock out')
  await inDialog(page).getByLabel('Reason').fill('Spam')
  await pressInDialog(page, 'Lock out')
  await inDialog(page).getByText('You signed in a while ago.').waitFor()
  await inDialog(page).getByLabel('Password', { exact: true }).fill(password)
  await pressInDialog(page, 'Confirm')
  await expect.poll(() => inDialog(page).count(), { timeout: 30_000 }).toBe(0)
  await account(page).getByText('Spam').waitFor()
  await Promise.all([person.context.close(), user.context.close()])
})

test('on one’s own page nothing can be done to oneself', { timeout }, async () => {
  const { page, context } = await admin()
  await openPerson(page, 'admin@example.com')
  await page.getByText('This is you.').waitFor()
  for (const name of ['Make user', 'Lock out', 'Remove']) {
    expect(await page.getByRole('button', { name, exact: true }).count()).toBe(0)
  }
  await account(page).getByRole('link', { name: 'Your account' }).click()
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  await context.close()
})

test(
  'one session of somebody is ended, and their second factor turned off, each after a question',
  { timeout },
  async () => {
    const other = await newUser()
    const { page, context } = await admin()
    const found = await system.context.db.connection
      .collection('user')
      .findOneAndUpdate({ email: other.email }, { $set: { twoFactorEnabled: true } })
    await page.goto(`/admin/people/${String(found?._id)}`)
    await page.getByRole('heading', { name: other.email }).waitFor()
    const end = page.getByRole('list', { name: 'Sessions' }).getByRole('button')
    await end.click()
    await pressInDialog(page, 'Cancel')
    await expect.poll(() => end.evaluate((button) => button === document.activeElement)).toBe(true)
    await end.click()
    await pressInDialog(page, 'End session')
    await page.getByText('Signed in nowhere.').waitFor()
    expect((await other.context.request.get('/api/me')).status()).toBe(401)

    await press(page, 'Turn second factor off')
    await pressInDialog(page, 'Turn second factor off')
    await inDialog(page).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Turn second factor off' }).waitFor({ state: 'detached' })
    const acts = page.getByRole('region', { name: 'What was done' })
    await acts.getByText('Second factor turned off').waitFor()
    await acts.getByText('One session ended').waitFor()
    await Promise.all([context.close(), other.context.close()])
  },
)

test('the list is filtered and paged by its address', { timeout }, async () => {
  const { page, context } = await admin()
  const word = randomUUID().slice(0, 8)
  const many = Array.from({ length: 30 }, (_, n) => ({
    _id: new Types.ObjectId(),
    email: `${word}-${String(n).padStart(2, '0')}@example.com`,
    name: 'Many',
    role: 'user',
    createdAt: new Date(),
    ...(n === 3 ? { banned: true } : {}),
  }))
  await system.context.db.connection.collection('user').insertMany(many)
  await page.goto(`/admin/people?q=${word}`)
  const link = (n: number) => page.getByRole('link', { name: `Open ${many[n]?.email}` })
  await link(29).waitFor()
  expect(await link(3).count()).toBe(0)
  await press(page, 'Next page')
  await link(3).waitFor()
  await press(page, 'Previous page')
  await link(29).waitFor()
  await page.getByLabel('State').selectOption('locked_out')
  await link(29).waitFor({ state: 'detached' })
  await link(3).waitFor()
  expect(new URL(page.url()).search).toBe(`?q=${word}&state=locked_out`)
  await page.goBack()
  await link(29).waitFor()
  await page.getByRole('searchbox', { name: 'Search' }).fill('nobody-has-this')
  await page.getByText('Nobody fits the filter').waitFor()
  await press(page, 'Clear filter')
  await page.getByRole('table').waitFor()
  await context.close()
})

test('a user finds no way to it', { timeout }, async () => {
  const { page, context } = await newUser()
  await page.goto('/admin/people')
  await page.getByRole('heading', { name: 'This page is not for you' }).waitFor()
  expect(await page.getByRole('link', { name: 'People' }).count()).toBe(0)
  await context.close()
})

test('without e-mail one’s address changes at once, and one’s data come as a file', { timeout }, async () => {
  const { page, context } = await newUser()
  await page.goto('/app/account')
  const email = newEmail()
  await page.getByLabel('New e-mail address').fill('admin@example.com')
  await press(page, 'Change address')
  await page.getByText('There is an account with this e-mail address already.').waitFor()
  await page.getByLabel('New e-mail address').fill(email)
  await page.keyboard.press('Enter')
  await page.getByText(`Your account has the address ${email} now.`).waitFor()
  await page.getByText(`Signed in as ${email}.`).waitFor()

  const file = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download your data' }).click()
  expect((await file).suggestedFilename()).toMatch(/^bluesky-connect-\d{4}-\d\d-\d\d\.json$/)
  await press(page, 'Delete account')
  await inDialog(page).getByRole('link', { name: 'Download your data' }).waitFor()
  await context.close()
})

test('whoever forgot the password and gets no mail is told whom to ask', { timeout }, async () => {
  const { page, context } = await stranger()
  await page.goto('/sign-in')
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await page.getByText('Ask your administrator: they can make a link for you').waitFor()
  await context.close()
})
