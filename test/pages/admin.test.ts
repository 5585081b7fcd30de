// The whole way of an admin: a wrong Service URL, seen, understood and put right, in open pages that nobody reloads.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type System } from '../helpers/system.ts'
import { openBrowser } from './browser.ts'
import { admin, newUser, openDialog, statusOf, submitDialog } from './people.ts'

const pds = inject('pds')
let system: System
let browser: Browser

beforeAll(async () => {
  // The accounts live on the first PDS, sign-ins go to the second.
  ;[system, browser] = await Promise.all([
    createSystem({ env: { BLUESKY_SERVICE_URL: pds.otherPdsUrl } }),
    openBrowser(),
  ])
})
afterAll(async () => {
  await browser.close()
  await system.stop()
})

test(
  'a wrong Service URL is named, changed, and the channels come back by themselves',
  { timeout: 90_000 },
  async () => {
    const account = await createAccount(pds)
    const appPassword = await createAppPassword(account)
    const user = await newUser(browser, system)
    await user.page.goto('/app/channels')
    await openDialog(user.page)
    await submitDialog(user.page, { handle: account.handle, appPassword })
    await user.page.getByText('The account lives on another server').first().waitFor()

    const { page, tab, context } = await admin(browser, system)
    await page.goto('/admin/connections')
    await page.getByText(account.handle).first().waitFor()
    const settings = await tab()
    await settings.goto('/admin/api-integration/bluesky')
    await settings.getByLabel('Service URL').fill(`${pds.pdsUrl}/`)
    await settings.getByRole('button', { name: 'Save' }).click()
    await settings
      .getByText(/1 connection/)
      .first()
      .waitFor()
    await statusOf(user.page, account.handle, 'Connected')
    await Promise.all([context.close(), user.context.close()])
  },
)

test(
  'a user who is no admin reads that the page is not theirs, and no data is asked for',
  { timeout: 60_000 },
  async () => {
    const { page, context } = await newUser(browser, system)
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    for (const path of ['/admin/connections', '/admin/api-integration/bluesky']) {
      await page.goto(path)
      await page.getByText('This page is not for you').waitFor()
    }
    expect(asked.filter((path) => path.startsWith('/api/admin'))).toEqual([])
    await context.close()
  },
)
