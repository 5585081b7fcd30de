// An incident from the wrong save to its end, by mouse, in pages that nobody reloads.
import { expect, inject, test } from 'vitest'
import { browser, system, useProgram, wide } from './browser.ts'
import { admin, newAccount, newUser, notReloaded, password } from './people.ts'

const pds = inject('pds')
useProgram({ env: { BLUESKY_SERVICE_URL: pds.pdsUrl } })

const PEOPLE = 20
const host = (url: string) => new URL(url).host

test(
  'a wrong save is named in the banner, undone by one press, followed to its end, and stands among the past ones',
  { timeout: 240_000 },
  async () => {
    const { page, tab, context } = await admin()
    const settings = await tab()
    await Promise.all([page.goto('/app/channels'), settings.goto('/admin/api-integration/bluesky')])
    const unchanged = await Promise.all([page, settings].map(notReloaded))
    await settings.getByLabel('Service URL').fill(pds.otherPdsUrl)
    await settings.getByRole('button', { name: 'Save' }).click()
    await settings.getByText('Saved.').waitFor()

    const user = await newUser()
    for (let index = 0; index < PEOPLE; index++) {
      const { handle, appPassword } = await newAccount()
      await user.post('/api/channels/bluesky', { identifier: handle, appPassword })
    }

    // Wherever an administrator is, the navigation tells of it, and leads there.
    const link = page.getByRole('navigation').getByRole('link', { name: /Connections.*one incident goes on/ })
    await link.click({ timeout: 60_000 })
    const main = page.getByRole('main')
    await main.getByText(/^Something is wrong: The account lives on another server/).waitFor()
    await main.getByText(`admin@example.com changed “Service URL” from (empty) to ${host(pds.otherPdsUrl)}.`).waitFor()
    await main.getByText(/accounts that failed, of 1 person, live at/).waitFor()
    await main.getByText(/Trying again does not help 20 connections/).waitFor({ timeout: 60_000 })
    expect(await main.getByRole('button', { name: /^Try all/ }).count()).toBe(0)

    // On the settings the banner is above the form, whose field is marked.
    const field = settings.getByLabel('Service URL')
    await settings.getByText('Connects fail since this was changed.').waitFor()
    expect(await field.getAttribute('aria-invalid')).toBe('true')

    // Who signs in meanwhile lands on it.
    const other = await browser.newContext({ ...wide, baseURL: system.url })
    const signIn = await other.newPage()
    await signIn.goto('/')
    await signIn.getByLabel('E-mail').fill('admin@example.com')
    await signIn.getByLabel('Password', { exact: true }).fill(password)
    await signIn.getByRole('button', { name: 'Sign in' }).click()
    await signIn.waitForURL('**/admin/connections')
    await signIn
      .getByText(/^Something is wrong/)
      .first()
      .waitFor()
    await other.close()

    await main.getByText('set “Service URL” to (empty) again.').waitFor()
    await main.getByText('20 connections run again.').waitFor({ timeout: 30_000 })
    await main.getByRole('button', { name: 'Undo the change' }).click()
    const ended = /^Over: The account lives on another server/
    await main
      .getByText(/of 20 connected, \d+ to go/)
      .first()
      .waitFor({ timeout: 60_000 })
    await main.getByText(ended).waitFor({ timeout: 120_000 })
    expect(await main.getByText(/^Something is wrong/).count()).toBe(0)
    const past = page.getByRole('region', { name: 'Past incidents' })
    await past.getByText('20 of 20 connected, 0 to go.').waitFor({ timeout: 30_000 })
    await past.getByText(/It lasted/).waitFor()
    await settings.getByRole('main').getByText(ended).waitFor({ timeout: 30_000 })
    expect(await field.getAttribute('aria-invalid')).not.toBe('true')
    await Promise.all(unchanged.map((check) => check()))
    await Promise.all([context.close(), user.context.close()])
  },
)
