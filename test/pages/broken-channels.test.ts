// The page of channels when one that was connected breaks, on a made-up API: what the card, the dialog and the link of a mail say, and what stands first.
import type { Page, Route } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Channel } from '../../src/contract.ts'
import { outcomes } from '../../src/outcomes/catalogue.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { browser, system, useProgram, wide } from './browser.ts'
import { fails, fakeApi, tell, type FakeApi } from './fake-api.ts'
import { card, newUser, password, statusOf } from './people.ts'
import * as samples from './samples.ts'

useProgram({ workers: false })

async function open(state: Partial<FakeApi>, path = '/app/channels') {
  const context = await browser.newContext({ ...wide, reducedMotion: 'reduce' })
  const page = await context.newPage()
  await fakeApi(page, { role: 'user', ...state })
  await page.goto(`${system.url}${path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  return { page, context }
}

const answer = (route: Route, body: unknown, status = 200) => route.fulfill({ status, json: body })
const dialogOf = (page: Page) => page.getByRole('dialog', { name: /^Reconnect/ })
const linkTo = ({ id }: Pick<Channel, 'id'>) => `/app/channels?reconnect=${id}`

const revoked = outcomes.session_revoked.title

/** Waits until the page's address is this one. */
const addressOf = (page: Page, address: string) => page.waitForURL(`${system.url}${address}`)

test(
  'the card of a broken channel says what happened, since when, when all was well, and what to do',
  { timeout: 60_000 },
  async () => {
    const { page, context } = await open({ channels: [samples.broken('Ada Lovelace')] })
    const text = await card(page, 'ada-lovelace').innerText()
    expect(text).toContain(revoked)
    expect(text).toContain('Not connected since 14:00. All was well last at 23 Nov, 14:00.')
    expect(text).toMatch(/What to do: \S/)
    await context.close()
  },
)

test('the dialog to reconnect says it too, and has the handle, which stays as it is', { timeout: 60_000 }, async () => {
  const { page, context } = await open({ channels: [samples.broken('Ada Lovelace')] })
  await page.getByRole('button', { name: 'Reconnect' }).click()
  const dialog = dialogOf(page)
  await dialog.getByText('Not connected since 14:00. All was well last at 23 Nov, 14:00.').waitFor()
  const handle = dialog.getByLabel('Handle')
  expect([await handle.inputValue(), await handle.isEditable()]).toEqual(['ada-lovelace.bsky.social', false])
  await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'app-password')
  await context.close()
})

test(
  'a new app password for a channel that works is asked for without any trouble told',
  { timeout: 60_000 },
  async () => {
    const { page, context } = await open({ channels: [samples.channel('connected', 'Ada Lovelace')] })
    await page.getByRole('button', { name: /^More for/ }).click()
    await page.getByRole('menuitem', { name: 'Use a new app password' }).click()
    await dialogOf(page).getByLabel('Handle').waitFor()
    expect(await dialogOf(page).innerText()).not.toMatch(/Not connected since|What to do/)
    await context.close()
  },
)

test(
  'what only the checks met leaves a channel connected, with a hint that says that it is tried again',
  { timeout: 60_000 },
  async () => {
    const channel = samples.channel('connected', 'Ada Lovelace', {
      lastVerifiedAt: samples.ago(60 * 24),
      fault: samples.fault('pds_unreachable'),
    })
    const { page, context } = await open({ channels: [channel] })
    await statusOf(page, 'ada-lovelace', 'Connected')
    const here = card(page, 'ada-lovelace')
    await here.getByText('Last checked at 13:50: The server does not answer.').waitFor()
    await here.getByText('It stays connected, and is tried again by itself.').waitFor()
    expect(await here.getByRole('button', { name: /Reconnect|Try/ }).count()).toBe(0)
    await here.getByRole('button', { name: 'Details' }).click()
    await here.getByText('Next check').waitFor()
    const facts = await here.locator('dl').innerText()
    expect(facts).toMatch(/Last checked\s+13:50/)
    expect(facts).toMatch(/Could not be checked since\s+09:05/)
    expect(facts).toMatch(/All was well last\s+23 Nov, 14:05/)
    expect(facts).toMatch(/Next check\s+25 Nov, 13:05/)
    await context.close()
  },
)

test('a channel that works says when it was checked, and is checked again on demand', { timeout: 60_000 }, async () => {
  const channel = samples.channel('connected', 'Ada Lovelace')
  const { page, context } = await open({
    channels: [channel],
    override: {
      [`/api/channels/${channel.id}/verify`]: (route) =>
        answer(route, { ...channel, status: 'verifying', revision: 2 }, 202),
    },
  })
  await card(page, 'ada-lovelace').getByText('Last checked 12 minutes ago').waitFor()
  await page.getByRole('button', { name: /^More for/ }).click()
  const item = page.getByRole('menuitem', { name: 'Check again' })
  expect(await item.innerText()).toContain('Renews the session')
  await item.click()
  await statusOf(page, 'ada-lovelace', 'Checking')
  await context.close()
})

test(
  'a channel that breaks turns by itself: card, announcement, navigation and the line above the list',
  { timeout: 60_000 },
  async () => {
    const works = samples.channel('connected', 'Ada Lovelace')
    const [before, after] = [[works, samples.channel('connected', 'Grace Hopper')], [samples.broken('Ada Lovelace')]]
    let now = before
    const { page, context } = await open({
      channels: before,
      override: { '/api/channels/summary': (route) => answer(route, samples.ownSummary(now)) },
    })
    await page.getByText('2 connected').waitFor()
    const link = page.getByRole('navigation').getByRole('link')
    expect(await link.innerText()).toBe('Channels')
    now = [...after, ...before.slice(1)]
    await tell(page, 'channel', { ...after[0], id: works.id, revision: 2 })
    await statusOf(page, 'ada-lovelace', 'Needs attention')
    await page.getByRole('status').getByText(`Ada Lovelace: Needs attention. ${revoked}`).waitFor({ state: 'attached' })
    await page.getByRole('link', { name: 'Channels 1 needs attention', exact: true }).waitFor()
    await page.getByRole('main').getByText('1 needs attention').waitFor()
    await page.getByRole('main').getByText('1 connected').waitFor()
    await context.close()
  },
)

test(
  'the line above the list says how many are connected and since when all were checked',
  { timeout: 60_000 },
  async () => {
    const { page, context } = await open({
      channels: [
        samples.channel('connected', 'Ada Lovelace'),
        samples.channel('connected', 'Grace Hopper', { lastVerifiedAt: samples.ago(60 * 4) }),
        samples.channel('connected', 'Alan Turing', {
          lastVerifiedAt: samples.ago(60 * 9),
          fault: samples.fault('pds_unreachable'),
        }),
      ],
    })
    const line = page.getByRole('main').locator('p').filter({ hasText: 'All checked since' })
    expect(await line.innerText()).toMatch(/^3 connected\s+All checked since 10:05$/)
    await context.close()
  },
)

test(
  'the count is on every page, and more than ninety-nine are not told apart there',
  { timeout: 60_000 },
  async () => {
    const override = {
      '/api/channels/summary': (route: Route) =>
        answer(route, { needsAction: 1_000, connected: 0, oldestCheckAt: null }),
    }
    const { page, context } = await open({ override }, '/app/account')
    const link = page.getByRole('link', { name: 'Channels 1,000 need attention', exact: true })
    expect(await link.innerText()).toMatch(/^Channels\s*99\+/)
    await context.close()
  },
)

const order = (page: Page) => page.getByRole('article').evaluateAll((cards) => cards.map(({ id }) => id))
const idsOf = (channels: Pick<Channel, 'id'>[]) => channels.map(({ id }) => `channel-${id}`)

test('what needs its owner stands first, then what is under way', { timeout: 60_000 }, async () => {
  const [oldBroken, connected, connecting, retrying, failed] = [
    samples.broken('Ada Lovelace'),
    samples.channel('connected', 'Grace Hopper'),
    samples.channel('connecting', 'Alan Turing'),
    samples.channel('retrying', 'Edsger Dijkstra', { outcome: samples.outcome('pds_unreachable') }),
    samples.channel('failed', 'Tony Hoare', { outcome: samples.outcome('unknown', 'verify') }),
  ] as const
  const { page, context } = await open({ channels: [oldBroken, connected, connecting, retrying, failed] })
  await page.getByRole('article').first().waitFor()
  expect(await order(page)).toEqual(idsOf([failed, oldBroken, retrying, connecting, connected]))
  await context.close()
})

test(
  'no card moves while somebody has the focus in one, points at one or has a dialog open; then they fall into order',
  { timeout: 60_000 },
  async () => {
    const [first, second, third] = [
      samples.channel('connected', 'Ada Lovelace'),
      samples.channel('connected', 'Grace Hopper'),
      samples.channel('connected', 'Alan Turing'),
    ] as const
    const { page, context } = await open({ channels: [first, second, third] })
    const asItWas = idsOf([third, second, first])
    await card(page, 'alan-turing').getByRole('button', { name: 'Details' }).focus()
    const breaks = { ...samples.broken('Ada Lovelace'), id: first.id, revision: 2 }
    await tell(page, 'channel', breaks)
    await statusOf(page, 'ada-lovelace', 'Needs attention')
    expect(await order(page)).toEqual(asItWas)

    await page.getByRole('button', { name: 'More for Grace Hopper' }).click()
    await page.getByRole('menuitem', { name: /^Remove/ }).click()
    await page.getByRole('dialog').waitFor()
    expect(await order(page)).toEqual(asItWas)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })

    await page.mouse.move(0, 0)
    await card(page, 'ada-lovelace').getByRole('button', { name: 'Reconnect' }).focus()
    await page.keyboard.press('Enter')
    await dialogOf(page).waitFor()
    expect(await order(page)).toEqual(asItWas)
    await page.keyboard.press('Escape')
    await dialogOf(page).waitFor({ state: 'hidden' })
    expect(await order(page)).toEqual(asItWas)

    await page.getByRole('button', { name: 'Connect', exact: true }).focus()
    await expect.poll(() => order(page)).toEqual(idsOf([first, third, second]))

    await card(page, 'ada-lovelace').getByRole('heading').hover()
    await tell(page, 'channel', { ...breaks, status: 'connected', outcome: samples.outcome('connected'), revision: 3 })
    await statusOf(page, 'ada-lovelace', 'Connected')
    expect(await order(page)).toEqual(idsOf([first, third, second]))
    await page.mouse.move(0, 0)
    await expect.poll(() => order(page)).toEqual(asItWas)
    await context.close()
  },
)

test('a channel that breaks before its page is loaded comes to the top, and once', { timeout: 60_000 }, async () => {
  const all = Array.from({ length: 4 }, (_, index) => samples.channel('connected', `Number ${index}`)).toReversed()
  const held: Route[] = []
  const { page, context } = await open({
    channels: all.slice(0, 2),
    override: {
      '/api/channels': (route) =>
        new URL(route.request().url()).searchParams.has('cursor')
          ? held.push(route)
          : answer(route, { channels: all.slice(0, 2), nextCursor: 'more' }),
    },
  })
  await expect.poll(() => held.length, { timeout: 30_000 }).toBe(1)
  const [last, behind] = [all[3] as Channel, all[2] as Channel]
  await tell(page, 'channel', { ...behind, lastVerifiedAt: samples.ago(0), revision: 2 })
  await tell(page, 'channel', { ...samples.broken('Number 0'), id: last.id, revision: 2 })
  await statusOf(page, 'number-0', 'Needs attention')
  expect(await order(page)).toEqual(idsOf([last, ...all.slice(0, 2)]))
  await answer(held[0] as Route, { channels: all.slice(2), nextCursor: null })
  await expect.poll(() => order(page), { timeout: 30_000 }).toEqual(idsOf([last, ...all.slice(0, 3)]))
  await context.close()
})

test('the link of a mail opens the dialog of its channel, once', { timeout: 60_000 }, async () => {
  const channel = samples.broken('Ada Lovelace')
  const { page, context } = await open({ channels: [channel] }, linkTo(channel))
  await page.getByRole('dialog', { name: 'Reconnect Ada Lovelace' }).waitFor()
  await addressOf(page, '/app/channels')
  await page.reload()
  await card(page, 'ada-lovelace').waitFor()
  expect(await page.getByRole('dialog').count()).toBe(0)
  await context.close()
})

test('the link works also for a channel that is not loaded yet', { timeout: 60_000 }, async () => {
  const channel = samples.broken('Ada Lovelace')
  const override = { '/api/channels': (route: Route) => answer(route, { channels: [], nextCursor: null }) }
  const { page, context } = await open({ channels: [channel], override }, linkTo(channel))
  await dialogOf(page).waitFor()
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => document.activeElement?.matches('h1'))
  await context.close()
})

test.for([
  ['a channel that is gone', 'f'.repeat(24), /not here any more/],
  ['what is no channel at all', 'nonsense', /not here any more/],
] as const)('the link to %s says so', { timeout: 60_000 }, async ([, id, sentence]) => {
  const gone = (route: Route) => answer(route, { code: 'channel_not_found', detail: 'x' }, 404)
  const { page, context } = await open({ override: { [`/api/channels/${id}`]: gone } }, linkTo({ id }))
  const notice = page.getByRole('main').getByText(sentence)
  await notice.waitFor()
  await addressOf(page, '/app/channels')
  expect(await page.getByRole('dialog').count()).toBe(0)
  await page.getByRole('button', { name: 'Close' }).click()
  await notice.waitFor({ state: 'detached' })
  await context.close()
})

test('the link to a channel that works again says that there is nothing to do', { timeout: 60_000 }, async () => {
  const channel = samples.channel('connected', 'Ada Lovelace')
  const { page, context } = await open({ channels: [channel] }, linkTo(channel))
  await page.getByRole('main').getByText('Ada Lovelace is connected. There is nothing to do.').waitFor()
  await addressOf(page, '/app/channels')
  expect(await page.getByRole('dialog').count()).toBe(0)
  await context.close()
})

test('the link to a channel that is being worked on leads to its card', { timeout: 60_000 }, async () => {
  const channel = samples.channel('connecting', 'Ada Lovelace')
  const { page, context } = await open({ channels: [channel] }, linkTo(channel))
  await addressOf(page, '/app/channels')
  await page.waitForFunction((id) => document.activeElement?.id === id, `channel-${channel.id}`)
  expect(await page.getByRole('dialog').count()).toBe(0)
  await context.close()
})

test(
  'a link that cannot be followed now says so, and is followed when the page is loaded again',
  { timeout: 60_000 },
  async () => {
    const channel = samples.broken('Ada Lovelace')
    let down = true
    const { page, context } = await open(
      {
        channels: [channel],
        override: { [`/api/channels/${channel.id}`]: (route) => (down ? fails(route) : answer(route, channel)) },
      },
      linkTo(channel),
    )
    await page.getByRole('alert').getByText('That did not work, and it is not your fault.').waitFor()
    down = false
    await page.reload()
    await dialogOf(page).waitFor()
    await context.close()
  },
)

test(
  'the link asks somebody who is not signed in to sign in, and leads on to the dialog',
  { timeout: 60_000 },
  async () => {
    const person = await newUser()
    const { id: userId } = (await (await person.context.request.get('/api/me')).json()) as { id: string }
    const channel = storedChannel('session_revoked', new Date(), {
      userId,
      lastVerifiedAt: new Date(),
      brokenSince: new Date(),
    })
    await system.context.db.channels.create(channel)
    const context = await browser.newContext({ ...wide, baseURL: system.url })
    const page = await context.newPage()
    await page.goto(linkTo({ id: channel._id.toHexString() }))
    await page.getByLabel('E-mail').fill(person.email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await dialogOf(page).getByText(revoked).waitFor()
    await addressOf(page, '/app/channels')
    await context.close()
    await person.context.close()
  },
)

test('an admin sees the same: what the checks met, since when, and the next one', { timeout: 60_000 }, async () => {
  const connection = {
    ...samples.channel('connected', 'Ada Lovelace', {
      lastVerifiedAt: samples.ago(60 * 24),
      fault: samples.fault('pds_unreachable'),
    }),
    user: { id: 'u1', email: 'ada@example.com' },
    adminFix: null,
    attempts: [],
    sameServer: null,
  }
  const override = { [`/api/admin/connections/${connection.id}`]: (route: Route) => answer(route, connection) }
  const { page, context } = await open({ role: 'admin', override }, `/admin/connections?open=${connection.id}`)
  const drawer = page.getByRole('dialog')
  await drawer.getByText('Last checked at 13:50: The server does not answer.').waitFor()
  const facts = await drawer.locator('dl').innerText()
  expect(facts).toMatch(/Could not be checked since\s+09:05\s+pds_unreachable/)
  expect(facts).toMatch(/All was well last\s+23 Nov, 14:05/)
  expect(facts).toMatch(/Next check\s+25 Nov, 13:05/)
  await context.close()
})
