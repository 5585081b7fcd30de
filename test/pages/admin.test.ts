// The whole way of an admin: a wrong Service URL, seen, understood and put right, in open pages that nobody reloads.
import { readFile } from 'node:fs/promises'
import { expect, inject, test } from 'vitest'
import { system, useProgram } from './browser.ts'
import { admin, newAccount, newUser, notReloaded, openDialog, statusOf, submitDialog } from './people.ts'
import * as samples from './samples.ts'

const pds = inject('pds')
// The accounts live on the first PDS, sign-ins go to the second.
useProgram({ env: { BLUESKY_SERVICE_URL: pds.otherPdsUrl } })

/** Enough for the rule that tells an incident from bad luck. */
const manyConnects = 10

test(
  'a wrong Service URL is an incident; put right, the channels come back, in open pages that nobody reloads',
  { timeout: 150_000 },
  async () => {
    const accounts = await Promise.all(Array.from({ length: manyConnects }, newAccount))
    const [first, ...others] = accounts as [(typeof accounts)[0], ...typeof accounts]
    const user = await newUser()
    const { page, tab, context } = await admin()
    const settings = await tab()
    await Promise.all([
      user.page.goto('/app/channels'),
      page.goto('/admin/connections'),
      settings.goto('/admin/api-integration/bluesky'),
    ])
    const unchanged = await Promise.all([user.page, page, settings].map(notReloaded))

    await openDialog(user.page)
    await submitDialog(user.page, first)
    await user.page.getByText('The account lives on another server').first().waitFor()
    await user.page.getByRole('button', { name: 'Ask the administrator' }).waitFor()
    for (const { handle, appPassword } of others)
      await user.post('/api/channels/bluesky', { identifier: handle, appPassword })

    const incident = /^Something is wrong: The account lives on another server/
    await Promise.all([page, settings].map((each) => each.getByRole('main').getByText(incident).waitFor()))
    await page.getByRole('link', { name: `Open ${first.handle}` }).click()
    await page.getByRole('dialog').getByText('What you can do').waitFor()
    await page
      .getByRole('dialog')
      .getByText(`this account lives on ${new URL(pds.pdsUrl).host}`)
      .waitFor()

    await settings.getByLabel('Service URL').fill(`${pds.pdsUrl}/`)
    await settings.getByRole('button', { name: 'Save' }).click()
    await settings.getByText(`Saved. ${manyConnects} connections run again by themselves.`).waitFor()
    await settings.getByText(`admin@example.com · ${manyConnects} connections ran again`).waitFor()

    await Promise.all(accounts.map(({ handle }) => statusOf(user.page, handle, 'Connected')))
    await page.getByRole('dialog').locator('[data-status=connected]').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('Nothing needs attention').waitFor()
    await Promise.all(unchanged.map((check) => check()))
    await Promise.all([context.close(), user.context.close()])
  },
)

test(
  'who waits because their account lives elsewhere is counted, and connects when the admin lets accounts be followed',
  { timeout: 120_000 },
  async () => {
    const [account, user] = await Promise.all([newAccount(), newUser()])
    const { page, tab, context } = await admin()
    const settings = await tab()
    await Promise.all([
      user.page.goto('/app/channels'),
      page.goto('/admin/connections?outcome=wrong_server'),
      settings.goto('/admin/api-integration/bluesky'),
    ])
    await settings.getByLabel('Service URL').fill(pds.otherPdsUrl)
    await settings.getByRole('button', { name: 'Save' }).click()
    await settings.getByText('Saved.').waitFor()
    await openDialog(user.page)
    await submitDialog(user.page, account)
    await user.page.getByText('The account lives on another server').first().waitFor()

    await page.getByRole('link', { name: `Open ${account.handle}` }).click()
    const detail = page.getByRole('dialog')
    await detail.getByText('set “Accounts on other servers” to “Follow”').waitFor()
    await detail.getByText(`1 person has accounts on ${new URL(pds.pdsUrl).host} that wait for this.`).waitFor()

    const automatic = settings.getByRole('radio', { name: 'Automatic' })
    expect(await automatic.isChecked()).toBe(true)
    await settings.getByText('unless PDS_DISCOVERY says otherwise. Now: Refuse.').waitFor()
    await settings.getByRole('radio', { name: 'Follow' }).check()
    await settings.getByRole('button', { name: 'Save' }).click()
    await settings.getByText('Saved. 1 connection runs again by itself.').waitFor()
    await settings.getByText('Accounts on other servers: Automatic → Follow').waitFor()
    await statusOf(user.page, account.handle, 'Connected')
    await detail.locator('[data-status=connected]').waitFor()
    await settings.getByLabel('Service URL').fill('')
    await automatic.check()
    await settings.getByRole('button', { name: 'Save' }).click()
    await settings.getByText('Accounts on other servers: Follow → Automatic').waitFor()
    await Promise.all([context.close(), user.context.close()])
  },
)

test('a Service URL that is none is explained at its field, and nothing is saved', { timeout: 60_000 }, async () => {
  const { page, context } = await admin()
  await page.goto('/admin/api-integration/bluesky')
  const field = page.getByLabel('Service URL')
  await field.fill('https://pds.example.com/xrpc')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText(/without the path/).waitFor()
  expect(await field.evaluate((input) => input === document.activeElement)).toBe(true)
  expect(await field.getAttribute('aria-invalid')).toBe('true')
  await field.fill('')
  await page.getByText(/without the path/).waitFor({ state: 'detached' })
  await context.close()
})

test('what stands at a Service URL is said a moment after it is saved, with what was meant one press away', async () => {
  const { page, context } = await admin()
  await page.goto('/admin/api-integration/bluesky')
  const field = page.getByLabel('Service URL')
  const save = async (url: string) => {
    await field.fill(url)
    await page.getByRole('button', { name: 'Save' }).click()
  }
  await save('https://bsky.app')
  await page.getByText('It is the web page').waitFor()
  await page.getByRole('button', { name: 'Use https://bsky.social' }).click()
  expect(await field.inputValue()).toBe('https://bsky.social')
  expect(await field.evaluate((input) => input === document.activeElement)).toBe(true)

  await save(pds.pdsUrl)
  await page.getByText('It answers, and is a Bluesky server').waitFor()
  await page.getByText('Handles that it gives out end in .test.').waitFor()
  const again = page.waitForResponse((response) => response.url().endsWith('/look'))
  await page.getByRole('button', { name: 'Look again' }).click()
  expect((await again).status()).toBe(202)
  await page.getByText('It answers, and is a Bluesky server').waitFor()
  await context.close()
})

test(
  'the filter lives in the address: the back button takes it back, a link shares it, the file has it',
  { timeout: 90_000 },
  async () => {
    const user = await newUser()
    const names = ['filter-one.test', 'filter-two.test']
    for (const identifier of names) {
      await user.post('/api/channels/bluesky', { identifier, appPassword: 'aaaa-bbbb-cccc-dddd' })
    }
    const { page, tab, context } = await admin()
    const row = (name: string, on = page) => on.getByRole('row').filter({ hasText: name })
    await page.goto('/admin/connections')
    await Promise.all(names.map((name) => row(name).waitFor()))

    await page.getByLabel('Search').fill('filter-one')
    await row('filter-two.test').waitFor({ state: 'detached' })
    expect(new URL(page.url()).searchParams.get('q')).toBe('filter-one')
    await page.getByLabel('Who can fix it').selectOption('An administrator')
    await page.getByText('No connection fits the filter').waitFor()
    await page.goBack()
    await row('filter-one.test').waitFor()

    const shared = await tab()
    await shared.goto(page.url())
    await row('filter-one.test', shared).waitFor()
    expect(await row('filter-two.test', shared).count()).toBe(0)

    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download CSV' }).click()
    const file = await readFile(await (await download).path(), 'utf8')
    expect(file).toContain('filter-one.test')
    expect(file).not.toContain('filter-two.test')

    await page.getByRole('link', { name: 'Open filter-one.test' }).click()
    await page
      .getByRole('dialog')
      .getByText(/The user has to reconnect/)
      .waitFor()
    await page.goBack()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await row('filter-one.test').waitFor()
    await Promise.all([context.close(), user.context.close()])
  },
)

test(
  'all of the filter run again, after their number was asked, and what came of it is said',
  { timeout: 90_000 },
  async () => {
    const user = await newUser()
    const { page, context } = await admin()
    const accounts = await Promise.all([newAccount(), newAccount()])
    await context.request.put('/api/admin/api-integration/bluesky', {
      // No server of accounts.
      data: { 'bluesky_service-url': system.url, bluesky_integration_status: 'enabled' },
      headers: { origin: system.url },
    })
    for (const { handle, appPassword } of accounts) {
      await user.post('/api/channels/bluesky', { identifier: handle, appPassword })
    }

    await page.goto(`/admin/connections?user=${user.email}&fixBy=admin`)
    const row = ({ handle }: { handle: string }) => page.getByRole('row').filter({ hasText: handle })
    await Promise.all(accounts.map((account) => row(account).waitFor()))
    const posts: string[] = []
    page.on('request', (request) => void (request.method() === 'POST' && posts.push(request.url())))
    await page.reload()
    await page.getByRole('button', { name: 'Try all 2 again' }).click()
    const dialog = page.getByRole('dialog', { name: 'Try 2 connections again?' })
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(posts).toEqual([])
    await page.getByRole('button', { name: 'Try all 2 again' }).click()
    await dialog.getByRole('button', { name: 'Try all 2 again' }).click()
    await page.getByText('2 failed again').first().waitFor()
    expect(posts).toHaveLength(1)
    await Promise.all([context.close(), user.context.close()])
  },
)

test('the list goes on page by page, and back', { timeout: 60_000 }, async () => {
  const { page, context } = await admin()
  const all = samples.connections()
  await page.route('**/api/admin/connections?*', (route) => {
    const cursor = new URL(route.request().url()).searchParams.get('cursor')
    const connections = cursor ? all.slice(5, 7) : all.slice(0, 5)
    return route.fulfill({
      contentType: 'application/json',
      body: JSON.stringify({ connections, nextCursor: cursor ? null : 'second' }),
    })
  })
  await page.goto('/admin/connections')
  const rows = async (count: number) => {
    await page.waitForFunction((wanted) => document.querySelectorAll('tbody tr[class]').length === wanted, count)
  }
  await rows(5)
  await page.getByRole('button', { name: 'Next page' }).click()
  await rows(2)
  await page.getByRole('button', { name: 'Previous page' }).click()
  await rows(5)
  await page.goForward()
  await rows(2)
  await page.reload()
  await rows(2)
  await context.close()
})

test(
  'a user who is no admin reads that the page is not theirs, and no data is asked for',
  { timeout: 60_000 },
  async () => {
    const { page, context } = await newUser()
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
