// What happens to the pages when tabs, network and people do not behave.
import { expect, test, vi } from 'vitest'
import { system, useProgram } from './browser.ts'
import { admin, newAccount, newUser, openDialog, password, statusOf, submitDialog } from './people.ts'
import { openWay } from './way.ts'

useProgram()

test('what is done in one tab is seen in the other', { timeout: 90_000 }, async () => {
  const account = await newAccount()
  const { page, tab, context } = await newUser()
  const other = await tab()
  await Promise.all([page.goto('/app/channels'), other.goto('/app/channels')])
  await other.getByText('Connect your first account').waitFor()
  await openDialog(page)
  await submitDialog(page, account)
  await Promise.all([statusOf(page, account.handle, 'Connected'), statusOf(other, account.handle, 'Connected')])

  await other.getByRole('button', { name: /^More for/ }).click()
  await other.getByRole('menuitem', { name: 'Remove' }).click()
  await other.getByRole('button', { name: 'Remove channel' }).click()
  await page.getByText('Connect your first account').waitFor()
  await context.close()
})

test('a double click and a slow API make one channel', { timeout: 90_000 }, async () => {
  const account = await newAccount()
  const { page, context } = await newUser()
  let posts = 0
  let letThrough = () => {}
  const held = new Promise<void>((resolve) => (letThrough = resolve))
  await page.route('**/api/channels/bluesky', async (route) => {
    posts += 1
    await held
    await route.continue()
  })
  await page.goto('/app/channels')
  await openDialog(page)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Handle').fill(account.handle)
  await dialog.getByLabel('App password', { exact: true }).fill(account.appPassword)
  const connect = dialog.getByRole('button', { name: 'Connect', exact: true })
  await connect.dblclick()
  await dialog.locator('button[data-loading]').waitFor()
  await page.keyboard.press('Enter')
  letThrough()
  await statusOf(page, account.handle, 'Connected')
  expect(posts).toBe(1)
  expect(await page.getByRole('article').count()).toBe(1)
  await context.close()
})

test('a removal of which the event stream tells first leaves the focus on the page', { timeout: 60_000 }, async () => {
  const { page, post, context } = await newUser()
  await post('/api/channels/bluesky', { identifier: 'nobody.test', appPassword: 'aaaa-bbbb-cccc-dddd' })
  await page.goto('/app/channels')
  const empty = page.getByText('Connect your first account')
  await page.route('**/api/channels/*', async (route) => {
    if (route.request().method() !== 'DELETE') return route.continue()
    const response = await route.fetch()
    await empty.waitFor()
    await route.fulfill({ response })
  })
  await page.getByRole('button', { name: /^More for/ }).click()
  await page.getByRole('menuitem', { name: 'Remove' }).click()
  await page.getByRole('button', { name: 'Remove channel' }).click()
  await empty.waitFor()
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1')
  await context.close()
})

test('an answer that is lost is asked for again with the same key, and counts once', { timeout: 90_000 }, async () => {
  const account = await newAccount()
  const { page, context } = await newUser()
  const keys: (string | undefined)[] = []
  await page.route('**/api/channels/bluesky', async (route) => {
    keys.push(route.request().headers()['idempotency-key'])
    if (keys.length > 1) return route.continue()
    await route.fetch()
    await route.abort('connectionreset')
  })
  // The list must not give away that the first one arrived.
  await page.route('**/api/channels/events', (route) => route.abort())
  await page.goto('/app/channels')
  await openDialog(page)
  await submitDialog(page, account)
  await page
    .getByRole('dialog')
    .getByText(/The program does not answer/)
    .waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Connect', exact: true }).click()
  await statusOf(page, account.handle, 'Connected')
  expect(keys).toHaveLength(2)
  expect(keys[0]).toBe(keys[1])
  expect(await page.getByRole('article').count()).toBe(1)
  await context.close()
})

test('a reload in the middle finds the channel where it is', { timeout: 90_000 }, async () => {
  const account = await newAccount()
  const { page, context } = await newUser()
  await system.stopWorkers()
  await page.goto('/app/channels')
  await openDialog(page)
  await submitDialog(page, account)
  await statusOf(page, account.handle, 'Signing in')
  await page.reload()
  await statusOf(page, account.handle, 'Signing in')
  await system.startWorkers()
  await statusOf(page, account.handle, 'Connected')
  await context.close()
})

test(
  'without the event stream the page says so, goes on by itself, and comes back to it',
  { timeout: 90_000 },
  async () => {
    const account = await newAccount()
    const { page, context } = await newUser()
    await page.route('**/api/channels/events', (route) => route.fulfill({ status: 502, body: 'bad gateway' }))
    await page.goto('/app/channels')
    const interrupted = page.getByText(/Live updates are interrupted/)
    await interrupted.waitFor()
    await openDialog(page)
    await submitDialog(page, account)
    await statusOf(page, account.handle, 'Connected')
    await page.unroute('**/api/channels/events')
    await interrupted.waitFor({ state: 'detached' })
    await context.close()
  },
)

test('a stream that is cut in the middle is said, and caught up with', { timeout: 90_000 }, async () => {
  const account = await newAccount()
  const way = await openWay(system.url)
  const { page, context } = await newUser(way.url)
  await system.stopWorkers()
  const streaming = page.waitForResponse('**/api/channels/events')
  await page.goto('/app/channels')
  await openDialog(page)
  await submitDialog(page, account)
  await statusOf(page, account.handle, 'Signing in')
  await streaming

  way.cut()
  const interrupted = page.getByText(/Live updates are interrupted/)
  await interrupted.waitFor()
  expect(await page.evaluate(() => navigator.onLine)).toBe(true)
  await system.startWorkers()
  way.mend()
  await statusOf(page, account.handle, 'Connected')
  await interrupted.waitFor({ state: 'detached' })
  expect(await page.getByRole('article').count()).toBe(1)
  await context.close()
  await way.close()
})

test('offline is said, and what happened meanwhile is there afterwards', { timeout: 90_000 }, async () => {
  const account = await newAccount()
  const { page, context } = await newUser()
  const brought = page.waitForResponse(/connect-dialog-[^/]*\.js/)
  await page.goto('/app/channels')
  await page.getByText('Connect your first account').waitFor()
  await (await brought).finished()
  await context.setOffline(true)
  await page.getByText(/You are offline/).waitFor()
  await openDialog(page)
  await submitDialog(page, account)
  await page
    .getByRole('dialog')
    .getByText(/The program does not answer/)
    .waitFor()
  await context.setOffline(false)
  await page.getByText(/You are offline/).waitFor({ state: 'detached' })
  await page.getByRole('dialog').getByRole('button', { name: 'Connect', exact: true }).click()
  await statusOf(page, account.handle, 'Connected')
  await context.close()
})

test('a session that ended elsewhere leads to the sign-in', { timeout: 60_000 }, async () => {
  const { page, post, context } = await newUser()
  await page.goto('/app/channels')
  await page.getByText('Connect your first account').waitFor()
  // The dialog asks for itself who is signed in.
  await Promise.all([page.waitForResponse('**/api/me'), openDialog(page)])
  await post('/api/auth/sign-out', {})
  await submitDialog(page, { handle: 'name.bsky.social', appPassword: 'aaaa-bbbb-cccc-dddd' })
  await page.waitForURL('**/sign-in?next=%2Fapp%2Fchannels')
  await context.close()
})

test('a tab shows nothing of one person to another who signed in elsewhere', { timeout: 60_000 }, async () => {
  const second = await newUser()
  await second.context.close()
  const { email, page, tab, post, context } = await newUser()
  await post('/api/channels/bluesky', { identifier: 'first.test', appPassword: 'aaaa-bbbb-cccc-dddd' })
  const other = await tab()
  await Promise.all([page.goto('/app/channels'), other.goto('/app/channels')])
  const theirs = page.getByRole('article').filter({ hasText: 'first.test' })
  await theirs.waitFor()
  await other.getByRole('button', { name: 'Account menu' }).click()
  await other.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL('**/sign-in?next=%2Fapp%2Fchannels')

  await other.getByLabel('E-mail').fill(second.email)
  await other.getByLabel('Password', { exact: true }).fill(password)
  await other.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('banner').getByText(second.email).waitFor()
  await page.getByText('Connect your first account').waitFor()
  expect(await theirs.count()).toBe(0)

  // Nobody tells the tab of this one: it asks when it is looked at again.
  await post('/api/auth/sign-in/email', { email, password })
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')))
  await page.getByRole('banner').getByText(email).waitFor()
  await theirs.waitFor()
  await context.close()
})

test('a page that is open across an update of the program goes on', { timeout: 60_000 }, async () => {
  const { page, context } = await admin()
  let asked = 0
  await page.route(/settings-page-[^/]*\.js/, (route) =>
    (asked += 1) === 1 ? route.fulfill({ status: 404 }) : route.continue(),
  )
  await page.goto('/app/channels')
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('heading', { name: 'Bluesky settings' }).waitFor()
  expect(asked).toBe(2)
  await context.close()
})

test('what makes the pages is sent compressed, and kept by the browser for good', { timeout: 60_000 }, async () => {
  const { page, context } = await newUser()
  const program = page.waitForResponse(/\/assets\/index-.*\.js$/)
  await page.goto('/app/channels')
  const headers = (await program).headers()
  expect(headers['content-encoding']).toMatch(/^(br|gzip)$/)
  expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
  await context.close()
})

test('a failure that goes on is not taken off the page by each new try', { timeout: 60_000 }, async () => {
  const { page, context } = await newUser()
  let calls = 0
  await page.route('**/api/channels?*', (route) => {
    calls += 1
    return route.fulfill({ status: 404, contentType: 'application/problem+json', body: '{"code":"not_found"}' })
  })
  await page.goto('/app/channels')
  const failure = page.getByText('This could not be loaded')
  await failure.waitFor()
  let goAway = () => {}
  const held = new Promise<void>((resolve) => (goAway = resolve))
  await page.route('**/api/channels?*', async (route) => {
    calls += 1
    await held
    await route.continue()
  })
  const before = calls
  await page.getByRole('button', { name: 'Try again' }).click()
  await vi.waitFor(() => expect(calls).toBeGreaterThan(before), 30_000)
  expect(await failure.isVisible()).toBe(true)
  goAway()
  await page.getByText('Connect your first account').waitFor()
  await context.close()
})

test('a page that breaks shows a reference that is found in the log', { timeout: 60_000 }, async () => {
  const { page, context } = await newUser()
  await page.route('**/api/channels?*', (route) =>
    route.fulfill({
      contentType: 'application/json',
      body: JSON.stringify({ channels: [{ id: 'x', status: 'connected' }], nextCursor: null }),
    }),
  )
  const reported = page.waitForResponse('**/api/page-errors')
  await page.goto('/app/channels')
  const text = await page.getByText(/^Reference: /).textContent()
  expect((await reported).status()).toBe(204)
  const reference = text?.replace('Reference: ', '') ?? ''
  expect(reference).toMatch(/^[0-9a-f]{24}$/)
  expect(JSON.stringify(system.log.lines)).toContain(reference)
  await context.close()
})
