// What a page says to somebody who was too quick: when it goes on, in their language, and with what they typed still there.
import { expect, test } from 'vitest'
import { browser, system, useProgram, wide } from './browser.ts'
import { newUser, openDialog, submitDialog } from './people.ts'

useProgram({ workers: false, env: { QUOTAS: 'connect@user=1/600,sign-in@address=1/600' } })

const appPassword = 'aaaa-bbbb-cccc-dddd'

test(
  'a connect too many says when it can be tried again, and keeps handle and app password',
  { timeout: 60_000 },
  async () => {
    const { page, post, context } = await newUser()
    await post('/api/channels/bluesky', { identifier: 'first.test', appPassword })
    await page.goto('/app/channels')
    await openDialog(page)
    await submitDialog(page, { handle: 'second.test', appPassword })
    const dialog = page.getByRole('dialog')
    await dialog
      .getByRole('alert')
      .getByText(/^That was too often in a short time\. Try again in \d+ minutes\.$/)
      .waitFor()
    expect(await dialog.getByLabel('Handle').inputValue()).toBe('second.test')
    expect(await dialog.getByLabel('App password', { exact: true }).inputValue()).toBe(appPassword)
    await context.close()
  },
)

test(
  'a sign-in that has to wait says how long, in German too, and keeps what was typed',
  { timeout: 60_000 },
  async () => {
    const context = await browser.newContext({ ...wide, locale: 'de-DE', baseURL: system.url })
    const typed = { email: 'niemand@example.com', password: 'not the right one' }
    const page = await context.newPage()
    await page.goto('/sign-in')
    const password = page.getByLabel('Passwort', { exact: true })
    await page.getByLabel('E-Mail').fill(typed.email)
    const tryOnce = async () => {
      await password.fill(typed.password)
      await page.getByRole('button', { name: 'Anmelden' }).click()
    }
    await tryOnce()
    await page.getByRole('alert').filter({ hasText: 'passen nicht zusammen' }).waitFor()
    await tryOnce()
    const hasText = /Aus Ihrem Netz kam in kurzer Zeit zu viel\. Versuchen Sie es in \d+ Minuten erneut\./
    await page.getByRole('alert').filter({ hasText }).waitFor()
    expect(await password.inputValue()).toBe(typed.password)
    await context.close()
  },
)
