// The admin's list in a browser: found, ordered, counted, and some of it chosen and acted on.
import { expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import type { ChannelDoc } from '../../src/db/channels.ts'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { minutesAgo, storedChannel } from '../helpers/stored-channels.ts'
import { system, useProgram } from './browser.ts'
import { admin, newUser } from './people.ts'

useProgram({ workers: false })

/** Channels with names of their own, written past the steps that make them otherwise. */
async function store(...named: (Partial<ChannelDoc> & { handle: string; code?: OutcomeCode })[]) {
  const channels = named.map(({ code = 'bad_credentials', ...parts }, index) =>
    storedChannel(code, minutesAgo(index + 1), { identifier: parts.handle, ...parts }),
  )
  await system.context.db.channels.deleteMany({})
  await system.context.db.channels.insertMany(channels)
}
const names = (page: Page) =>
  page
    .locator('table[aria-label=Connections] tbody tr')
    .evaluateAll((rows) => rows.map((row) => row.querySelector('bdi')?.textContent))
const shows = (page: Page, ...wanted: string[]) => expect.poll(() => names(page), { timeout: 30_000 }).toEqual(wanted)
const box = (page: Page, name: string) => page.getByRole('checkbox', { name: `Choose ${name}` })

test('a part of a name finds it, and tabs and results count what the filter shows', { timeout: 90_000 }, async () => {
  await store(
    { handle: 'ada.example.com' },
    { handle: 'lovelace.example.com', serviceUrl: 'https://slow.example.com' },
    { handle: 'lovely.example.com', serviceUrl: 'https://slow.example.com', code: 'connected' },
  )
  const { page, context } = await admin()
  await page.goto('/admin/connections')
  await shows(page, 'ada.example.com', 'lovelace.example.com')
  await page.getByText('2 results').waitFor()
  await page.getByLabel('Search').fill('velac')
  await shows(page, 'lovelace.example.com')
  await page.getByText('1 result', { exact: true }).waitFor()
  await page.getByLabel('Search').fill('')
  // As the table has it.
  await page.getByRole('textbox', { name: 'Server' }).fill('slow.example.com')
  await shows(page, 'lovelace.example.com')
  await page.getByRole('link', { name: 'Connected 1', exact: true }).waitFor()
  await page.getByRole('link', { name: 'All 2', exact: true }).click()
  await shows(page, 'lovelace.example.com', 'lovely.example.com')
  await page.getByText('2 results').waitFor()
  await context.close()
})

test('headings order the list, say so, and the address keeps it', { timeout: 90_000 }, async () => {
  await store(
    { handle: 'one.example.com', serviceUrl: 'https://b.example.com' },
    { handle: 'two.example.com', serviceUrl: 'https://c.example.com', code: 'pds_error' },
    { handle: 'three.example.com', serviceUrl: 'https://a.example.com' },
  )
  const { page, context } = await admin()
  await page.goto('/admin/connections')
  await shows(page, 'one.example.com', 'three.example.com', 'two.example.com')
  const heading = (name: string) => page.getByRole('columnheader', { name })
  await heading('Since').getByRole('button').click()
  await shows(page, 'one.example.com', 'two.example.com', 'three.example.com')
  expect(await heading('Since').getAttribute('aria-sort')).toBe('descending')
  await heading('Since').getByRole('button').press('Enter')
  await shows(page, 'three.example.com', 'two.example.com', 'one.example.com')
  expect(await heading('Since').getAttribute('aria-sort')).toBe('ascending')
  await heading('Server').getByRole('button').click()
  await shows(page, 'three.example.com', 'one.example.com', 'two.example.com')
  expect(await heading('Since').getAttribute('aria-sort')).toBe('none')
  await page.reload()
  await shows(page, 'three.example.com', 'one.example.com', 'two.example.com')
  await heading('Server').getByRole('button').click()
  await shows(page, 'one.example.com', 'three.example.com', 'two.example.com')
  await context.close()
})

test(
  'some are chosen, by mouse, shift and keyboard, and what is done to each is said',
  { timeout: 120_000 },
  async () => {
    await store(
      { handle: 'a.example.com', secrets: { password: 'sealed' } },
      { handle: 'b.example.com' },
      { handle: 'c.example.com' },
      { handle: 'd.example.com' },
    )
    const { page, context } = await admin()
    await page.goto('/admin/connections')
    await shows(page, 'a.example.com', 'b.example.com', 'c.example.com', 'd.example.com')
    await box(page, 'a.example.com').click()
    await page.getByText('1 chosen').waitFor()
    await box(page, 'c.example.com').click({ modifiers: ['Shift'] })
    await page.getByText('3 chosen').waitFor()
    await box(page, 'c.example.com').press('Space')
    await page.getByText('2 chosen').waitFor()

    await page.getByRole('button', { name: 'Mark as seen' }).click()
    await page.getByText('2 connections are marked as seen.').waitFor()
    await page.getByRole('button', { name: 'Not seen yet' }).click()
    await shows(page, 'c.example.com', 'd.example.com')
    await page.getByRole('button', { name: 'Clear filter' }).first().click()

    await page.getByRole('checkbox', { name: 'Choose all on this page' }).click()
    await page.getByRole('group', { name: '4 chosen' }).getByRole('button', { name: 'Try again' }).click()
    await page.getByText('1 connection runs again.').waitFor()
    await page.getByText(/^Not for 3: Trying again needs what is no longer kept/).waitFor()
    await shows(page, 'b.example.com', 'c.example.com', 'd.example.com')

    await box(page, 'b.example.com').click()
    await box(page, 'd.example.com').click()
    await page.getByRole('group', { name: '2 chosen' }).getByRole('button', { name: 'Disconnect' }).click()
    const dialog = page.getByRole('dialog', { name: 'Disconnect 2 connections?' })
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'detached' })
    await shows(page, 'b.example.com', 'c.example.com', 'd.example.com')
    await page.getByRole('group', { name: '2 chosen' }).getByRole('button', { name: 'Disconnect' }).click()
    await dialog.getByRole('button', { name: 'Disconnect 2' }).click()
    await page.getByText('2 connections were disconnected.').waitFor()
    await shows(page, 'c.example.com')
    await page.goto('/admin/api-integration/bluesky')
    await page.getByText('b.example.com').first().waitFor()
    await context.close()
  },
)

test(
  'a mark is taken off: at once after it was made, of those chosen, and of one that is open',
  { timeout: 120_000 },
  async () => {
    await store({ handle: 'a.example.com' }, { handle: 'b.example.com' }, { handle: 'c.example.com' })
    const { page, context } = await admin()
    await page.goto('/admin/connections')
    await box(page, 'a.example.com').click()
    await box(page, 'b.example.com').click()
    await page.getByRole('button', { name: 'Mark as seen' }).click()
    await page.getByText('2 connections are marked as seen.').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('2 connections are not marked as seen any more.').waitFor()
    await page.getByRole('button', { name: 'Not seen yet' }).click()
    await shows(page, 'a.example.com', 'b.example.com', 'c.example.com')
    await page.getByRole('button', { name: 'Clear filter' }).first().click()

    // Of those that are marked, and of no others, a mark can be taken off.
    await box(page, 'a.example.com').click()
    expect(await page.getByRole('button', { name: 'Mark as not seen' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Mark as seen' }).click()
    const row = page.getByRole('row').filter({ hasText: 'a.example.com' })
    await row.getByText('Seen', { exact: true }).waitFor()
    await box(page, 'a.example.com').click()
    await page.getByRole('button', { name: 'Mark as not seen' }).click()
    await row.getByText('Seen', { exact: true }).waitFor({ state: 'detached' })

    await page.getByRole('link', { name: 'Open c.example.com' }).click()
    const drawer = page.getByRole('dialog')
    await drawer.getByRole('button', { name: 'Mark as seen' }).click()
    await drawer.getByRole('button', { name: 'Mark as not seen' }).click()
    await drawer.getByRole('button', { name: 'Mark as seen' }).waitFor()
    await context.close()
  },
)

test('the connections of one person stand on one page, with who they are', { timeout: 90_000 }, async () => {
  const user = await newUser()
  const found = await system.context.db.connection.collection('user').findOne({ email: user.email })
  const userId = String(found?._id)
  await store(
    { handle: 'mine.example.com', userId },
    { handle: 'also.example.com', userId, code: 'connected' },
    { handle: 'other.example.com' },
  )
  const { page, context } = await admin()
  await page.goto('/admin/connections')
  await page.getByRole('link', { name: user.email }).click()
  await shows(page, 'mine.example.com', 'also.example.com')
  await page.getByRole('heading', { name: user.email }).waitFor()
  await page.getByText('2 connections: 1 connected, 1 not connected').waitFor()
  await page.getByRole('button', { name: 'Show all users' }).click()
  await shows(page, 'mine.example.com', 'other.example.com', 'also.example.com')
  await Promise.all([context.close(), user.context.close()])
})
