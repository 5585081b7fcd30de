// Many windows of one browser: they share one event stream, and none waits for another.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { card, newUser, statusOf } from './people.ts'
import { browser, system, useProgram, wide } from './browser.ts'

useProgram()

const WINDOWS = 8
const wrong = 'aaaa-bbbb-cccc-dddd'

/** Follows which windows have an event stream open. */
function followStreams(page: Page, open: Set<Page>) {
  const isStream = (url: string) => url.endsWith('/api/channels/events')
  page.on('request', (request) => isStream(request.url()) && open.add(page))
  page.on('requestfailed', (request) => isStream(request.url()) && open.delete(page))
  page.on('requestfinished', (request) => isStream(request.url()) && open.delete(page))
  page.on('close', () => open.delete(page))
}

test(
  'eight windows that are looked at have one stream, and all of them show what happens',
  { timeout: 180_000 },
  async () => {
    const person = await newUser()
    const streams = new Set<Page>()
    const pages: Page[] = []
    for (let index = 0; index < WINDOWS; index++) {
      const page = await person.tab()
      followStreams(page, streams)
      await page.goto('/app/channels')
      await page.getByRole('heading', { name: 'Channels' }).waitFor()
      pages.push(page)
    }
    await person.post('/api/channels/bluesky', { identifier: 'first.test', appPassword: wrong })
    for (const page of pages) await statusOf(page, 'first.test', 'Needs attention')
    expect(streams.size).toBe(1)

    // Another takes over as soon as the one that has it is closed.
    const [holder] = streams
    await holder?.close()
    const others = pages.filter((page) => page !== holder)
    await expect.poll(() => streams.size, { timeout: 60_000 }).toBe(1)
    await person.post('/api/channels/bluesky', { identifier: 'second.test', appPassword: wrong })
    for (const page of others) await statusOf(page, 'second.test', 'Needs attention')
    expect(await Promise.all(others.map((page) => page.getByText(/Live updates are interrupted/).count()))).toEqual(
      others.map(() => 0),
    )
    await person.context.close()
  },
)

test('what one window removes is gone in the others', { timeout: 120_000 }, async () => {
  const person = await newUser()
  await person.post('/api/channels/bluesky', { identifier: 'goes.test', appPassword: wrong })
  const pages = [person.page, await person.tab()]
  for (const page of pages) {
    await page.goto('/app/channels')
    await statusOf(page, 'goes.test', 'Needs attention')
  }
  await person.page.getByRole('button', { name: /^More for/ }).click()
  await person.page.getByRole('menuitem', { name: 'Remove' }).click()
  await person.page.getByRole('button', { name: 'Remove channel' }).click()
  for (const page of pages) await card(page, 'goes.test').waitFor({ state: 'detached' })
  await person.context.close()
})

test('a browser that cannot share a stream opens none, and asks every few seconds', { timeout: 120_000 }, async () => {
  const context = await browser.newContext({ ...wide, baseURL: system.url })
  await context.addInitScript(() => {
    // As on a page without TLS.
    Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })
    delete (Navigator.prototype as { locks?: unknown }).locks
  })
  const person = await newUser()
  await context.addCookies(await person.context.cookies())
  const page = await context.newPage()
  const streams = new Set<Page>()
  followStreams(page, streams)
  await page.goto('/app/channels')
  await page.getByRole('button', { name: 'Connect Bluesky' }).waitFor()
  await person.post('/api/channels/bluesky', { identifier: 'asked.test', appPassword: wrong })
  await statusOf(page, 'asked.test', 'Needs attention')
  expect(streams.size).toBe(0)
  expect(await page.getByText(/Live updates are interrupted/).count()).toBe(0)
  await Promise.all([context.close(), person.context.close()])
})
