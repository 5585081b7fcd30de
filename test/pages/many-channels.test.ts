// Somebody who has many channels: rows instead of cards, found by name, state and label, and checked or removed together.
import type { Page } from 'playwright-core'
import { afterEach, expect, test } from 'vitest'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { browser, system, useProgram, wide } from './browser.ts'
import { fakeApi } from './fake-api.ts'
import { newAccount, newUser, openDialog, type Person } from './people.ts'
import * as samples from './samples.ts'

useProgram()

let person: Person
afterEach(() => person?.context.close())

/** Somebody whose channels are of no server: every seventh needs its owner. */
async function agency(count: number): Promise<Page> {
  person = await newUser()
  const me = (await (await person.context.request.get('/api/me')).json()) as { id: string }
  const at = new Date()
  const channels = Array.from({ length: count }, (_, index): ChannelDoc => {
    const name = `client-${index}.example.com`
    const code = index % 7 === 0 ? 'session_revoked' : 'connected'
    const of = { userId: me.id, identifier: name, handle: name, displayName: `Client ${index}` }
    return storedChannel(code, at, { ...of, step: code === 'connected' ? 'check' : 'verify' })
  })
  await system.context.db.channels.insertMany(channels)
  await person.page.goto('/app/channels')
  await person.page.getByText(`${count} channels`, { exact: true }).waitFor()
  return person.page
}

const rows = (page: Page) => page.getByRole('article')
const row = (page: Page, name: string) => rows(page).filter({ has: page.getByText(name, { exact: true }) })
const box = (page: Page, name: string) => page.getByRole('checkbox', { name: `Choose ${name}`, exact: true })
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })
const count = (page: Page, number: number) => expect.poll(() => rows(page).count(), { timeout: 30_000 }).toBe(number)

test(
  '130 channels are rows, those that need somebody first, and the line above counts them all',
  { timeout: 90_000 },
  async () => {
    const page = await agency(130)
    await count(page, 130)
    await page.getByText('19 need attention', { exact: true }).locator('visible=true').last().waitFor()
    await page.getByText('111 connected').waitFor()
    for (let index = 0; index < 19; index++) {
      expect(await rows(page).nth(index).getByText('Needs attention').count()).toBe(1)
    }
    // The list scrolls, the page does not grow with it.
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(1_800)
  },
)

test('a row opens to all that a card has, and its one action stands in the line', { timeout: 90_000 }, async () => {
  const page = await agency(50)
  await row(page, 'Client 7').getByRole('button', { name: 'Reconnect' }).click()
  await page.getByRole('dialog', { name: 'Reconnect Client 7' }).waitFor()
  await page.keyboard.press('Escape')
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(1_400)
  await button(page, 'Everything about Client 7').click()
  await row(page, 'Client 7').getByText('What to do').waitFor()
  await row(page, 'Client 7').getByRole('button', { name: 'Details' }).click()
  await row(page, 'Client 7').getByText('Account ID').waitFor()
  await button(page, 'Everything about Client 7').click()
  expect(await row(page, 'Client 7').getByText('What to do').count()).toBe(0)
})

test(
  'a part of a name or handle finds, a state filters, and what is looked for is said',
  { timeout: 90_000 },
  async () => {
    const page = await agency(40)
    await page.getByRole('searchbox').fill('CLIENT-3')
    await count(page, 11)
    await page.getByRole('status').filter({ hasText: '11 of 40 channels' }).waitFor()
    await button(page, /^Need you/).click()
    await count(page, 1)
    await page.getByRole('searchbox').fill('nobody')
    await page.getByText('No channel fits').waitFor()
    await button(page, 'Show all').click()
    await count(page, 40)
  },
)

test(
  'what is looked for stands in the address: it outlives a reload, and the back button takes it back',
  { timeout: 90_000 },
  async () => {
    const page = await agency(40)
    await box(page, 'Client 7').check()
    await box(page, 'Client 14').check()
    await button(page, 'Groups').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Add a group').fill('Food & drink')
    await page.keyboard.press('Enter')
    await dialog.getByText('2 of 2').waitFor()
    await dialog.getByRole('button', { name: 'Done' }).click()

    await button(page, /^Need you/).click()
    await count(page, 6)
    await button(page, /^Food & drink/).click()
    await count(page, 2)
    await page.getByRole('searchbox').fill('client-14')
    await count(page, 1)
    await page.waitForURL((url) => url.search === '?state=needs&group=Food+%26+drink&q=client-14')
    await page.reload()
    await row(page, 'Client 14').waitFor()
    await count(page, 1)
    expect(await page.getByRole('searchbox').inputValue()).toBe('client-14')
    expect(await button(page, /^Food & drink/).getAttribute('aria-pressed')).toBe('true')

    // One step for each choice, none for each letter.
    await page.goBack()
    await count(page, 6)
    expect(await page.getByRole('searchbox').inputValue()).toBe('')
    await page.goBack()
    await count(page, 40)
    await page.goForward()
    await count(page, 6)
    await page.goto('/app/channels?state=nonsense&group=gone&q=client-14')
    await count(page, 1)
    await button(page, 'Close').click()
    await count(page, 40)
  },
)

test('groups are put on some, are a filter, and are taken off in the row', { timeout: 90_000 }, async () => {
  const page = await agency(20)
  await box(page, 'Client 1').check()
  await box(page, 'Client 2').check()
  await button(page, 'Groups').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Add a group').fill('Autumn week')
  await page.keyboard.press('Enter')
  await dialog.getByText('2 of 2').waitFor()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await button(page, /^Autumn week/).click()
  await count(page, 2)
  await button(page, 'Everything about Client 1').click()
  await button(page, 'Take off Autumn week').click()
  await count(page, 1)
  await page.reload()
  await row(page, 'Client 2').waitFor()
  await count(page, 1)
})

test('some are chosen by mouse and by key, and only what is shown is acted on', { timeout: 90_000 }, async () => {
  const page = await agency(21)
  const order = await rows(page).locator('bdi[id]').allTextContents()
  await box(page, order[4] ?? '').click()
  await box(page, order[8] ?? '').click({ modifiers: ['Shift'] })
  await page.getByText('5 chosen').waitFor()
  await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.getByText('6 chosen').waitFor()
  await page.keyboard.press('Space')
  await page.getByText('7 chosen').waitFor()
  await page.keyboard.press('Control+a')
  await page.getByText('21 chosen').waitFor()
  await page.getByRole('searchbox').fill('client-1.')
  await page.getByText('1 chosen', { exact: true }).waitFor()
  await page.getByRole('searchbox').fill('')
  await box(page, order[0] ?? '').focus()
  await page.keyboard.press('Escape')
  await page.getByText('21 channels', { exact: true }).waitFor()
})

test('those chosen are removed, after a question that says how many', { timeout: 90_000 }, async () => {
  const page = await agency(15)
  for (const name of ['Client 1', 'Client 2', 'Client 3']) await box(page, name).check()
  await button(page, 'Remove').click()
  const dialog = page.getByRole('dialog', { name: 'Remove 3 channels?' })
  await dialog.getByText('Client 2').waitFor()
  await dialog.getByRole('button', { name: 'Remove 3 channels' }).click()
  await page.getByText('3 of 3 removed').locator('visible=true').first().waitFor()
  await count(page, 12)
  await page.getByText('What came of each').click()
  await page.getByText('Removed', { exact: true }).first().waitFor()
})

test('those chosen are checked, with what came of each', { timeout: 120_000 }, async () => {
  const page = await agency(12)
  const { handle, appPassword } = await newAccount()
  await person.post('/api/channels/bluesky', { identifier: handle, appPassword })
  await row(page, handle).getByText('Connected', { exact: true }).waitFor()
  await box(page, handle).check()
  await box(page, 'Client 7').check()
  await button(page, 'Check').click()
  await page.getByRole('heading', { name: 'Check of 2 channels' }).waitFor()
  await page.getByText('1 of 2 checked and well · 1 could not be done').locator('visible=true').first().waitFor()
  await page.getByText('What came of each').click()
  await page.getByText('This channel has no session').waitFor()
})

test('one is connected after the other without leaving the dialog', { timeout: 120_000 }, async () => {
  person = await newUser()
  const { page } = person
  const [one, two] = [await newAccount(), await newAccount()]
  await page.goto('/app/channels')
  await openDialog(page)
  const dialog = page.getByRole('dialog')
  const handle = dialog.getByLabel('Handle')
  const password = dialog.getByLabel('App password', { exact: true })
  await handle.fill(one.handle)
  await password.fill(one.appPassword)
  await dialog.getByRole('button', { name: 'Connect another' }).click()
  const added = dialog.getByRole('list', { name: 'Accounts that you have just added' })
  await added.getByText(one.handle).waitFor()
  await expect.poll(() => handle.evaluate((field) => field === document.activeElement), { timeout: 30_000 }).toBe(true)
  expect([await handle.inputValue(), await password.inputValue()]).toEqual(['', ''])

  // What is refused stays as it was typed.
  await handle.fill(two.handle)
  await password.fill('not an app password')
  await dialog.getByRole('button', { name: 'Connect another' }).click()
  await dialog.getByText(/^This does not look like an app password/).waitFor()
  expect(await handle.inputValue()).toBe(two.handle)
  // What the server refuses can be entered again.
  await password.fill('aaaa-bbbb-cccc-dddd')
  await dialog.getByRole('button', { name: 'Connect another' }).click()
  await added.getByRole('button', { name: 'Enter its app password again' }).click()
  expect(await handle.inputValue()).toBe(two.handle)
  await password.fill(two.appPassword)
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'hidden' })
  for (const { handle: name } of [one, two]) {
    await page.getByRole('article').filter({ hasText: name }).getByText('Connected', { exact: true }).first().waitFor()
  }
})

test(
  'hint and error of the dialog are read with their fields, which password managers leave alone',
  { timeout: 60_000 },
  async () => {
    const context = await browser.newContext({ ...wide, baseURL: system.url })
    const page = await context.newPage()
    await fakeApi(page, { role: 'user', channels: [] })
    await page.goto('/app/channels')
    await openDialog(page)
    const dialog = page.getByRole('dialog')
    const described = (label: string) =>
      dialog.getByLabel(label, { exact: true }).evaluate((field) => {
        const ids = field.getAttribute('aria-describedby')?.split(' ') ?? []
        return ids.map((id) => document.getElementById(id)?.textContent).join(' ')
      })
    expect(await described('Handle')).toMatch(/^For example name/)
    expect(await described('App password')).toBe('Looks like abcd-efgh-ijkl-mnop.')
    await dialog.getByRole('button', { name: 'Connect', exact: true }).click()
    expect(await described('App password')).toBe('Paste the app password.')
    const password = dialog.getByLabel('App password', { exact: true })
    expect(await password.getAttribute('aria-invalid')).toBe('true')
    expect(await password.getAttribute('autocomplete')).toBe('one-time-code')
    for (const field of [password, dialog.getByLabel('Handle')]) {
      for (const mark of ['data-1p-ignore', 'data-lpignore', 'data-bwignore', 'data-protonpass-ignore']) {
        expect([mark, await field.getAttribute(mark)]).toEqual([mark, 'true'])
      }
    }
    await context.close()
  },
)

test('what is printed is light, whole and without buttons, whatever the screen has', { timeout: 60_000 }, async () => {
  const context = await browser.newContext({ ...wide, baseURL: system.url, colorScheme: 'dark' })
  const page = await context.newPage()
  await fakeApi(page, { role: 'user', channels: samples.many(70) })
  await page.goto('/app/channels')
  await page.getByText('70 channels', { exact: true }).waitFor()
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  expect(await ground()).toBe('rgb(13, 19, 30)')
  await page.emulateMedia({ media: 'print' })
  await expect.poll(ground, { timeout: 30_000 }).toBe('rgb(255, 255, 255)')
  const ink = () => page.evaluate(() => getComputedStyle(document.querySelector('article bdi') as Element).color)
  await expect.poll(ink, { timeout: 30_000 }).toBe('rgb(19, 28, 46)')
  expect(await page.getByRole('button', { name: 'Connect', exact: true }).count()).toBe(0)
  const { height } = (await page.getByRole('list', { name: 'Your channels' }).boundingBox()) ?? { height: 0 }
  expect(height).toBeGreaterThan(70 * 30)
  await page.emulateMedia({ media: 'screen' })
  await expect.poll(ground, { timeout: 30_000 }).toBe('rgb(13, 19, 30)')
  await context.close()
})
