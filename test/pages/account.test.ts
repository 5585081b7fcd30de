// What people do with their own account, in a real browser on the running program.
import type { BrowserContext, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { secretOf, totp } from '../helpers/totp.ts'
import { browser, system, useProgram, wide } from './browser.ts'
import { newUser, password, type Person } from './people.ts'

useProgram({ workers: false })

const timeout = 180_000
const inDialog = (page: Page) => page.getByRole('dialog')
const panel = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

const signOut = async (page: Page) => {
  await page.getByRole('button', { name: 'Account menu' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
}
const signIn = async (page: Page, email: string, with_ = password) => {
  await page.goto('/sign-in?next=%2Fapp%2Faccount')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(with_)
  await press(page, 'Sign in')
}
const onAccountPage = (page: Page) => page.getByRole('heading', { name: 'Your account' }).waitFor()

/** Somebody else’s browser, or one’s own on another device. */
const otherBrowser = async (): Promise<{ page: Page; context: BrowserContext }> => {
  const context = await browser.newContext({ ...wide, baseURL: system.url })
  return { context, page: await context.newPage() }
}

/** Through the pages, up to the recovery codes. @returns the key of the app, and those codes */
async function setUp({ page }: Person) {
  await page.goto('/app/account')
  await press(page, 'Set up')
  const dialog = inDialog(page)
  await dialog.getByLabel('Password', { exact: true }).fill(password)
  const answered = page.waitForResponse('**/two-factor/enable')
  await press(page, 'Continue')
  const { totpURI } = (await (await answered).json()) as { totpURI: string }
  await dialog.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor()
  const typed = (await dialog.locator('code').first().textContent()) ?? ''
  const secret = typed.replaceAll(' ', '')
  expect(secret).toBe(secretOf(totpURI))
  await dialog.getByRole('textbox', { name: 'Code' }).fill(totp(secret))
  await press(page, 'Turn on')
  await dialog.getByText('Keep these recovery codes').waitFor()
  const codes = await dialog.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allTextContents()
  return { secret, codes }
}

test(
  'a second factor is set up, and asked for at the next sign-in: by code or by recovery code',
  { timeout },
  async () => {
    const person = await newUser()
    const { page, email } = person
    const { secret, codes } = await setUp(person)
    expect(codes).toHaveLength(10)
    // A slip does not take the codes away.
    await page.keyboard.press('Escape')
    const file = page.waitForEvent('download')
    await press(page, 'Download')
    expect((await file).suggestedFilename()).toBe('recovery-codes.txt')
    await press(page, 'I have kept them')
    await panel(page, 'Second factor').getByText('The second factor is on.').waitFor()

    await signOut(page)
    await signIn(page, email)
    await page.getByRole('heading', { name: 'Enter your code' }).waitFor()
    await page.getByLabel('Code').fill('000 000x')
    await press(page, 'Sign in')
    await page.getByText('That code is not right.', { exact: false }).waitFor()
    const code = totp(secret, 1)
    await page.getByLabel('Code').fill(`${code.slice(0, 3)} ${code.slice(3)}`)
    await page.keyboard.press('Enter')
    await onAccountPage(page)

    await signOut(page)
    await signIn(page, email)
    await press(page, 'Use a recovery code')
    await page.getByLabel('Recovery code').fill(codes[0] ?? '')
    await press(page, 'Sign in')
    await onAccountPage(page)
    await person.context.close()
  },
)

test('it is turned off with the password, and the password alone signs in again', { timeout }, async () => {
  const person = await newUser()
  const { page, email } = person
  await setUp(person)
  await press(page, 'I have kept them')
  await press(page, 'Turn off')
  await inDialog(page).getByLabel('Password', { exact: true }).fill('not this one')
  await inDialog(page).getByRole('button', { name: 'Turn off' }).click()
  await inDialog(page).getByText('That is not your password.').waitFor()
  await inDialog(page).getByLabel('Password', { exact: true }).fill(password)
  await inDialog(page).getByRole('button', { name: 'Turn off' }).click()
  await panel(page, 'Second factor').getByText('The second factor is off.').waitFor()
  await signOut(page)
  await signIn(page, email)
  await onAccountPage(page)
  await person.context.close()
})

test('a new password ends the other sessions, and is the one that counts', { timeout }, async () => {
  const { page, email, context } = await newUser()
  const other = await otherBrowser()
  await signIn(other.page, email)
  await onAccountPage(other.page)

  await page.goto('/app/account')
  await page.getByLabel('Current password').fill(password)
  await page.getByLabel('New password').fill('another horse battery')
  await press(page, 'Change password')
  await page.getByText('Your password is changed, and your other sessions have ended.').waitFor()
  await panel(page, 'Sessions').getByText('You are signed in nowhere else.').waitFor()

  await other.page.reload()
  await other.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await signIn(other.page, email)
  await other.page.getByText(/do not match/).waitFor()
  await signIn(other.page, email, 'another horse battery')
  await onAccountPage(other.page)
  await Promise.all([context.close(), other.context.close()])
})

test('a session is ended from another one', { timeout }, async () => {
  const { page, email, context } = await newUser()
  const other = await otherBrowser()
  await signIn(other.page, email)
  await onAccountPage(other.page)

  await page.goto('/app/account')
  const rows = panel(page, 'Sessions').getByRole('listitem')
  await rows.nth(1).waitFor()
  await rows
    .filter({ hasNotText: 'This session' })
    .getByRole('button', { name: /^End the session on/ })
    .click()
  await panel(page, 'Sessions').getByText('You are signed in nowhere else.').waitFor()
  expect(await rows.count()).toBe(1)
  await other.page.reload()
  await other.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await Promise.all([context.close(), other.context.close()])
})

test('an account is deleted only by whoever types its address and knows its password', { timeout }, async () => {
  const { page, email, context } = await newUser()
  await page.goto('/app/account')
  await press(page, 'Delete account')
  const dialog = inDialog(page)
  const confirm = dialog.getByRole('button', { name: 'Delete account' })
  await dialog.getByLabel(/^Type /).fill('somebody.else@example.com')
  await dialog.getByLabel('Password', { exact: true }).fill(password)
  await confirm.click()
  await dialog.getByText('That is not the e-mail address of this account.').waitFor()

  await dialog.getByLabel(/^Type /).fill(email)
  await dialog.getByLabel('Password', { exact: true }).fill('not this one')
  await confirm.click()
  await dialog.getByText('That is not your password.').waitFor()

  await dialog.getByLabel('Password', { exact: true }).fill(password)
  await confirm.click()
  await page.getByText('Your account was deleted.').waitFor()
  expect(await system.context.db.connection.collection('user').countDocuments({ email })).toBe(0)
  await signIn(page, email)
  await page.getByText(/do not match/).waitFor()
  await context.close()
})
