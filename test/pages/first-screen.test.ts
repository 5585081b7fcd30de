// The first screen on a slow line: the frame is there with the HTML, long before the program; and 300 channels come by themselves.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { storedChannel } from '../helpers/stored-channels.ts'
import { browser, system, useProgram, wide } from './browser.ts'
import { newUser } from './people.ts'

useProgram({ workers: false })

const slow = { offline: false, latency: 100, downloadThroughput: 50_000, uploadThroughput: 50_000 }

async function slowDown(page: Page) {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', slow)
  let bytes = 0
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength
  })
  return () => bytes
}

/** Milliseconds since the page was asked for. */
const paintedAt = (page: Page) =>
  page.evaluate(() => Math.round(performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity))
const now = (page: Page) => page.evaluate(() => Math.round(performance.now()))

test.for(['/sign-in', '/app/channels'])(
  '%s shows its frame before the program is here',
  { timeout: 120_000 },
  async (path) => {
    const context = await browser.newContext({ ...wide, baseURL: system.url })
    const page = await context.newPage()
    const broken: string[] = []
    page.on('console', (message) => message.type() === 'error' && broken.push(message.text()))
    const bytes = await slowDown(page)
    await page.goto(path)
    await page
      .getByText(/^Welcome/)
      .first()
      .waitFor({ timeout: 90_000 })
    const programAt = await page.evaluate(() => {
      const scripts = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js'))
      return Math.round(Math.max(...scripts.map((each) => (each as PerformanceResourceTiming).responseEnd)))
    })
    const painted = await paintedAt(page)
    console.log(
      `${path}: first paint ${painted} ms, program ${programAt} ms, ready ${await now(page)} ms, ${bytes()} bytes`,
    )
    expect(painted).toBeLessThan(programAt)
    // The content policy lets its style be.
    expect(broken.filter((text) => /policy/i.test(text))).toEqual([])
    await context.close()
  },
)

test('the frame needs no program', { timeout: 60_000 }, async () => {
  const context = await browser.newContext({ ...wide, baseURL: system.url, javaScriptEnabled: false })
  const page = await context.newPage()
  await page.route('**/assets/**', (route) => route.abort())
  await page.goto('/sign-in')
  await page.getByText('Bluesky Connect').waitFor()
  const ground = await page.locator('.first').evaluate((frame) => getComputedStyle(frame).minHeight)
  expect(ground).not.toBe('0px')
  await context.close()
})

test('300 channels: the first stand there first, the others come by themselves', { timeout: 180_000 }, async () => {
  const { page, context } = await newUser()
  const me = (await (await context.request.get('/api/me')).json()) as { id: string }
  const channels = Array.from({ length: 300 }, (_, index) => {
    const name = `client-${index}.example.com`
    const of = { userId: me.id, identifier: name, handle: name, displayName: `Client ${index}` }
    return storedChannel(index % 7 === 0 ? 'session_revoked' : 'connected', new Date(), of)
  })
  await system.context.db.channels.insertMany(channels)
  const measure = async (what: string) => {
    await page.getByRole('article').first().waitFor({ timeout: 90_000 })
    const first = await now(page)
    await page.getByText('300 channels', { exact: true }).waitFor({ timeout: 90_000 })
    console.log(`300 channels, ${what}: first row ${first} ms, all rows ${await now(page)} ms`)
  }
  await page.goto('/app/channels')
  await measure('fast line')
  const cold = await browser.newContext({ ...wide, baseURL: system.url })
  await cold.addCookies(await context.cookies())
  const slowPage = await cold.newPage()
  await slowDown(slowPage)
  await slowPage.goto('/app/channels')
  await slowPage.getByRole('article').first().waitFor({ timeout: 90_000 })
  const first = await now(slowPage)
  await slowPage.getByText('300 channels', { exact: true }).waitFor({ timeout: 120_000 })
  console.log(
    `300 channels, slow line: first paint ${await paintedAt(slowPage)} ms, first row ${first} ms, all rows ${await now(slowPage)} ms`,
  )
  expect(await slowPage.getByRole('article').count()).toBe(300)
  await Promise.all([cold.close(), context.close()])
})
