// What people do by mail, in a browser: prove the address that they signed up with, and set a new password when they forgot theirs.
import { afterAll, expect, test } from 'vitest'
import { linkIn, mailEnv, startMailServer } from '../helpers/mail-server.ts'
import { browser, useProgram, wide, system } from './browser.ts'
import { newEmail, password } from './people.ts'

const server = await startMailServer()
afterAll(() => server.close())
useProgram({ env: mailEnv(server) })

const NEW_PASSWORD = 'lamp harbour cactus'

test(
  'a newcomer proves the address; later they forget the password and set a new one',
  { timeout: 120_000 },
  async () => {
    const email = newEmail()
    const context = await browser.newContext({ ...wide, baseURL: system.url })
    const page = await context.newPage()
    const enter = async (secret: string, button: string) => {
      await page.getByLabel('E-mail').fill(email)
      await page.getByLabel('Password', { exact: true }).fill(secret)
      await page.getByRole('button', { name: button }).click()
    }
    await page.goto('/sign-up')
    await enter(password, 'Create account')
    await page.getByText(`A mail is on its way to ${email}`).waitFor()
    await page.getByRole('link', { name: 'Sign in' }).click()
    await enter(password, 'Sign in')
    await page.getByText(`Is ${email} your address?`).waitFor()
    await page.getByRole('button', { name: 'Send the link again' }).click()
    await page.getByText('A mail is on its way.').waitFor()

    const proof = linkIn(await server.mailTo(email, /your e-mail address/), 'verify-email')
    await page.goto(proof.href)
    await page.getByText('Thank you: the address is yours.').waitFor()
    expect(page.url(), 'the token is not left in the address').toBe(`${system.url}/verify-email`)
    await page.getByRole('link', { name: 'Go to your channels' }).click()
    await page.getByRole('heading', { name: 'Channels' }).waitFor()
    expect(await page.getByText(`Is ${email} your address?`).count()).toBe(0)

    await page.getByRole('button', { name: 'Account menu' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await page.getByLabel('E-mail').fill(email)
    await page.getByRole('button', { name: 'Send the link' }).click()
    await page.getByText(`If there is an account with ${email}`).waitFor()
    const link = linkIn(await server.mailTo(email, /Set a new password/), 'reset-password')
    await page.goto(link.href)
    await page.getByLabel('New password', { exact: true }).fill('password1234')
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.getByText('That password is among the first that are guessed.').waitFor()
    await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD)
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.getByText('Your password is changed. Sign in with the new one.').waitFor()
    await page.getByRole('link', { name: 'Sign in' }).click()
    await enter(NEW_PASSWORD, 'Sign in')
    await page.getByRole('heading', { name: 'Channels' }).waitFor()

    await page.goto(link.href)
    await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD)
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.getByText('This link is not valid any more').waitFor()
    await page.getByRole('link', { name: 'Have another one sent' }).click()
    await page.getByRole('button', { name: 'Send the link' }).waitFor()
    await context.close()
  },
)

test('where the page speaks German, so do the mails', { timeout: 60_000 }, async () => {
  const email = newEmail()
  const context = await browser.newContext({ ...wide, baseURL: system.url, locale: 'de-DE' })
  const page = await context.newPage()
  await page.goto('/sign-up')
  await page.getByLabel('E-Mail').fill(email)
  await page.getByLabel('Passwort', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Konto anlegen' }).click()
  await page.getByText(`Eine Mail an ${email} ist unterwegs.`).waitFor()
  await server.mailTo(email, /Ist das Ihre E-Mail-Adresse/)
  await context.close()
})
