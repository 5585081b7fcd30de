// What happens to an admin's pages when addresses, other admins, fingers and the network do not behave.
import type { Page, Route } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Connection } from '../../src/contract.ts'
import { browser, system, useProgram, wide } from './browser.ts'
import { fails, fakeApi, type FakeApi } from './fake-api.ts'
import { admin, password } from './people.ts'
import * as samples from './samples.ts'

const connectionsPath = '/admin/connections'
const settingsPath = '/admin/api-integration/bluesky'
const optionsPath = '/api/admin/api-integration/bluesky'

useProgram({ workers: false })

/** A page whose answers are made up. */
async function open(path: string, override: FakeApi['override'] = {}) {
  const context = await browser.newContext({ ...wide, reducedMotion: 'reduce' })
  const page = await context.newPage()
  const { connections } = await fakeApi(page, { role: 'admin', override })
  await page.goto(`${system.url}${path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  return { page, connections, context }
}

const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '')
const waitForFocus = (page: Page, text: string) =>
  page.waitForFunction((wanted) => {
    const { activeElement } = document
    // The text of the body is that of the whole page.
    if (activeElement === document.body) return false
    return (activeElement?.getAttribute('aria-label') ?? activeElement?.textContent)?.includes(wanted)
  }, text)

test('what nobody can read of an address is left out', { timeout: 60_000 }, async () => {
  const { page, context } = await admin()
  await page.goto(`${connectionsPath}?from=x&to=2026-99-99&status=broken&fixBy=me&period=constructor&outcome=none`)
  await page.getByText('Nobody has connected an account yet').waitFor()
  await page.goto(`${connectionsPath}?status=all&cursor=nonsense`)
  await page.getByText('Nobody has connected an account yet').waitFor()
  expect(new URL(page.url()).search).toBe('?status=all')
  await page.goto(`${connectionsPath}?open=nonsense`)
  await page.getByRole('dialog').getByText('There is no such channel.').waitFor()
  expect(await page.getByRole('dialog').getByRole('button', { name: 'Try again' }).count()).toBe(0)
  await context.close()
})

test('the focus comes back from a connection, and from the question before all run', { timeout: 60_000 }, async () => {
  let count = 117
  const { page, context } = await open(connectionsPath, {
    '/api/admin/connections/retry': (route) => {
      if (route.request().method() === 'GET') return route.fulfill({ json: { count } })
      count = 0
      return route.fulfill({ json: { retried: 117 } })
    },
  })
  const dialog = page.getByRole('dialog')
  const row = page.getByRole('link', { name: /^Open donald/ }).first()
  await row.focus()
  await page.keyboard.press('Enter')
  await dialog.getByText('What you can do').waitFor()
  await page.keyboard.press('Escape')
  await waitForFocus(page, 'Open donald')

  const all = page.getByRole('button', { name: 'Try all 117 again' })
  await all.click()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await waitForFocus(page, 'Try all 117 again')
  await all.click()
  await dialog.getByRole('button', { name: 'Try all 117 again' }).click()
  await waitForFocus(page, '117 connections run again.')
  await all.waitFor({ state: 'detached' })
  expect(await focused(page)).toBe('117 connections run again.')

  const link = new URL(page.url())
  link.searchParams.set('open', samples.connections()[0]?.id ?? '')
  await page.goto(link.href)
  await dialog.waitFor()
  await page.keyboard.press('Escape')
  await waitForFocus(page, 'Connections')
  await context.close()
})

test(
  'after a new try the focus is on the status; where it cannot work it is not offered',
  { timeout: 60_000 },
  async () => {
    const kinds = ['action_required wrong_server', 'action_required bad_credentials', 'failed pds_unreachable'] as const
    const [mendable, wrong, givenUp] = kinds.map((kind, index): Connection => {
      const [status, code] = kind.split(' ') as ['failed', 'wrong_server']
      const outcome = { ...samples.outcome(code), givenUp: status === 'failed' }
      const channel = samples.channel(status, `Somebody ${index}`, { outcome })
      return {
        ...channel,
        user: { id: 'u', email: 'u@example.com' },
        seen: null,
        adminFix: 'Check the settings.',
        since: samples.ago(4),
      }
    }) as [Connection, Connection, Connection]
    let status: Connection['status'] = mendable.status
    const one = (connection: Connection) => (route: Route) =>
      route.fulfill({ json: { ...connection, attempts: [], sameServer: null } })
    const path = (connection: Connection) => `/api/admin/connections/${connection.id}`
    const { page, context } = await open(`${connectionsPath}?open=${mendable.id}`, {
      [path(mendable)]: (route) =>
        one({ ...mendable, status, outcome: status === 'connecting' ? null : mendable.outcome })(route),
      [path(wrong)]: one(wrong),
      [path(givenUp)]: one(givenUp),
      [`${path(mendable)}/retry`]: (route) => {
        status = 'connecting'
        return route.fulfill({ status: 202, json: { ...mendable, status } })
      },
    })
    const dialog = page.getByRole('dialog')
    const again = dialog.getByRole('button', { name: 'Try again' })
    await dialog.getByText('Check the settings.').waitFor()
    await again.click()
    await again.waitFor({ state: 'detached' })
    await waitForFocus(page, 'Signing in')

    for (const connection of [wrong, givenUp]) {
      await page.goto(`${system.url}${connectionsPath}?open=${connection.id}`)
      await dialog.getByText(/The user has to reconnect/).waitFor()
      expect(await again.count()).toBe(0)
    }
    expect(await dialog.getByText('Check the settings.').count()).toBe(0)
    await context.close()
  },
)

test('what one admin saves does not undo what another has saved meanwhile', { timeout: 60_000 }, async () => {
  const [one, other] = await Promise.all([admin(), admin()])
  const { page } = one
  const save = (data: object) => other.context.request.put(optionsPath, { data, headers: { origin: system.url } })
  await page.goto(settingsPath)
  const url = page.getByLabel('Service URL')
  const inEffect = page.getByRole('code')
  await url.waitFor()
  await save({ 'bluesky_service-url': '', bluesky_integration_status: 'disabled' })
  await url.fill('one.example.com')
  await page.getByRole('button', { name: 'Use https://one.example.com' }).click()
  let letThrough = () => {}
  const held = new Promise<void>((resolve) => (letThrough = resolve))
  await page.route(`**${optionsPath}`, async (route) => {
    if (route.request().method() === 'PUT') await held
    return route.fallback()
  })
  const sent = page.waitForRequest((request) => request.method() === 'PUT')
  await page.getByRole('button', { name: 'Save' }).click()
  expect((await sent).postDataJSON()).toEqual({
    'bluesky_service-url': 'https://one.example.com',
    bluesky_integration_status: 'disabled',
    bluesky_other_servers: '',
  })
  await url.fill('https://two.example.com')
  letThrough()
  await inEffect.getByText('https://one.example.com').waitFor()
  expect(await url.inputValue()).toBe('https://two.example.com')
  expect(await page.getByRole('radio', { name: /^Disabled/ }).isChecked()).toBe(true)

  await save({ 'bluesky_service-url': '', bluesky_integration_status: 'enabled' })
  await page
    .getByText('from BLUESKY_SERVICE_URL')
    .or(page.getByText('the default', { exact: true }))
    .waitFor()
  expect(await page.getByRole('radio', { name: /^Enabled/ }).isChecked()).toBe(true)
  expect(await url.inputValue()).toBe('https://two.example.com')
  await Promise.all([one.context.close(), other.context.close()])
})

test(
  'a sign-in of a while ago confirms its password, and loses nothing that was typed',
  { timeout: 60_000 },
  async () => {
    const { page, context } = await admin()
    const old = { createdAt: new Date(Date.now() - 3600_000) }
    await system.context.db.connection.collection('session').updateMany({}, { $set: old, $unset: { confirmedAt: 1 } })
    await page.goto(settingsPath)
    await page.getByLabel('Service URL').fill('https://confirmed.example.com')
    await page.getByRole('button', { name: 'Save' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Password', { exact: true }).fill('not the password')
    await dialog.getByRole('button', { name: 'Confirm' }).click()
    await dialog.getByText('That is not your password.').waitFor()
    await dialog.getByLabel('Password', { exact: true }).fill(password)
    await dialog.getByRole('button', { name: 'Confirm' }).click()
    await page.getByRole('code').getByText('https://confirmed.example.com').waitFor()
    expect(await dialog.count()).toBe(0)
    const data = { 'bluesky_service-url': '', bluesky_integration_status: 'enabled' }
    await context.request.put(optionsPath, { data, headers: { origin: system.url } })
    await context.close()
  },
)

test(
  'another Service URL, or another answer to accounts elsewhere, is told above every page, until that was seen',
  { timeout: 60_000 },
  async () => {
    const { page, context } = await admin()
    const save = (url: string, others = '') => {
      const data = { 'bluesky_service-url': url, bluesky_other_servers: others }
      return context.request.put(optionsPath, { data, headers: { origin: system.url } })
    }
    expect((await save('https://told.example.com')).status()).toBe(200)
    await page.goto(connectionsPath)
    const told = page.getByText(/changed “Service URL” from .* to told\.example\.com/)
    await told.waitFor()
    const [notice, title] = await Promise.all([
      told.boundingBox(),
      page.getByRole('heading', { level: 1 }).boundingBox(),
    ])
    expect(notice?.y).toBeLessThan(title?.y ?? 0)
    await page.getByRole('button', { name: 'Close' }).click()
    await told.waitFor({ state: 'detached' })
    await page.reload()
    await page.getByText('Nobody has connected an account yet').waitFor()
    expect(await told.count()).toBe(0)

    await save('', 'follow')
    await page.reload()
    await page
      .getByText(/changed “Accounts on other servers” from Automatic to Follow, and so where app passwords go/)
      .waitFor()
    await save('')
    await context.close()
  },
)

test('a page that cannot be kept up to date says so, until it can', { timeout: 60_000 }, async () => {
  let away = false
  const summary = (route: Route) => (away ? fails(route) : route.fulfill({ json: samples.summary() }))
  const { page, context } = await open(connectionsPath, { '/api/admin/connections/summary': summary })
  const notice = page.getByText('Data from 14:05; it cannot be refreshed at the moment.')
  // The numbers of an incident change every few seconds; it is said once, and does not interrupt.
  await page
    .getByRole('status')
    .getByText(/^Something is wrong: The account lives on another server/)
    .waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(await notice.count()).toBe(0)
  away = true
  await notice.first().waitFor()
  expect(await page.getByRole('main').locator('time', { hasText: '14:05' }).getAttribute('title')).toContain('2026')
  away = false
  await page.getByRole('main').getByText('it cannot be refreshed').waitFor({ state: 'detached' })
  await context.close()
})

test('a double click turns one page; a cause leads to all who have it', { timeout: 60_000 }, async () => {
  const [all, cursors] = [samples.connections(), [] as (string | null)[]]
  let letThrough = () => {}
  const held = new Promise<void>((resolve) => (letThrough = resolve))
  const { page, context } = await open(`${connectionsPath}?q=person`, {
    '/api/admin/connections': async (route) => {
      const cursor = new URL(route.request().url()).searchParams.get('cursor')
      cursors.push(cursor)
      if (cursor) await held
      const connections = cursor ? all.slice(5, 7) : all.slice(0, 5)
      return route.fulfill({ json: { connections, nextCursor: cursor ? null : 'second' } })
    },
  })
  const rows = page.locator('tbody tr[class]')
  const next = page.getByRole('button', { name: 'Next page' })
  await next.dblclick()
  await expect.poll(() => cursors.at(-1)).toBe('second')
  letThrough()
  await rows.nth(2).waitFor({ state: 'detached' })
  expect(await focused(page)).toBe('Next page')
  await page.goBack()
  await rows.nth(4).waitFor()
  expect(new URL(page.url()).searchParams.has('cursor')).toBe(false)

  await page.getByRole('link', { name: /^The account lives on another server/ }).click()
  await page.waitForURL(`**${connectionsPath}?outcome=wrong_server`)
  await context.close()
})
