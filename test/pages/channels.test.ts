// The page of channels on a made-up API: where the focus goes, the order of the cards, and what is said.
import type { Page, Route } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Channel } from '../../src/contract.ts'
import { outcomes, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { browser, system, useProgram, wide } from './browser.ts'
import { fails, fakeApi, tell, type FakeApi } from './fake-api.ts'
import { card, statusOf, submitDialog } from './people.ts'
import * as samples from './samples.ts'

useProgram({ workers: false })

async function open(state: Omit<FakeApi, 'role'>) {
  const context = await browser.newContext({ ...wide, reducedMotion: 'reduce' })
  const page = await context.newPage()
  const { channels } = await fakeApi(page, { role: 'user', ...state })
  await page.goto(`${system.url}/app/channels`)
  await page.getByRole('article').first().waitFor()
  return { page, context, channels }
}

const answer = (route: Route, body: unknown, status = 200) => route.fulfill({ status, json: body })
const listed = (route: Route, channels: Channel[], nextCursor: string | null = null) =>
  answer(route, { channels, nextCursor })

/** Waits until what has the focus fits. */
const focusOn = (page: Page, selector: string) =>
  page.waitForFunction((wanted) => document.activeElement?.matches(wanted) === true, selector)

const wrongPassword = (more: samples.Parts = {}) =>
  samples.channel('action_required', 'Barbara Liskov', { outcome: samples.outcome('bad_credentials'), ...more })

test('every dialog gives the focus back to what opened it', { timeout: 60_000 }, async () => {
  const { page, context } = await open({})
  const escaped = async (back: string) => {
    await page.getByRole('dialog').waitFor()
    await focusOn(page, '[role="dialog"] *')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.waitForFunction((name) => {
      const { activeElement } = document
      return (activeElement?.getAttribute('aria-label') ?? activeElement?.textContent) === name
    }, back)
  }
  const choose = async (menu: string, item: RegExp) => {
    await page.getByRole('button', { name: menu, exact: true }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }
  await choose('Connect', /^Bluesky/)
  await escaped('Connect')
  await choose('More for barbara-liskov.bsky.social', /^Reconnect/)
  await escaped('More for barbara-liskov.bsky.social')
  await choose('More for barbara-liskov.bsky.social', /^Remove/)
  await escaped('More for barbara-liskov.bsky.social')
  for (const name of ['Reconnect', 'Correct the handle']) {
    await page.getByRole('button', { name, exact: true }).click()
    await escaped(name)
  }
  await context.close()
})

test('the handle that an account has by now is offered, and stands in the form', { timeout: 60_000 }, async () => {
  const told = samples.outcome('handle_mismatch')
  const outcome = { ...told, params: { ...told.params, currentHandle: 'jean.example.com' } }
  const { page, context } = await open({ channels: [samples.channel('action_required', 'Jean Bartik', { outcome })] })
  await page.getByRole('button', { name: 'Use @jean.example.com' }).click()
  expect(await page.getByRole('dialog').getByLabel('Handle').inputValue()).toBe('jean.example.com')
  await context.close()
})

test('the card has the focus after each submit, and after Try again', { timeout: 60_000 }, async () => {
  const before = wrongPassword()
  const hoare = samples.channel('failed', 'Tony Hoare', { outcome: samples.outcome('unknown', 'verify') })
  const { page, context } = await open({
    channels: [hoare, before],
    override: {
      [`/api/channels/${before.id}/reconnect`]: (route) => answer(route, before, 202),
      [`/api/channels/${hoare.id}/verify`]: (route) =>
        answer(route, { ...hoare, status: 'verifying', revision: 2 }, 202),
    },
  })
  for (let time = 0; time < 2; time += 1) {
    await page.getByRole('button', { name: 'Reconnect' }).click()
    await submitDialog(page, { appPassword: 'aaaa-bbbb-cccc-dddd' })
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await focusOn(page, `#channel-${before.id}`)
  }
  await page.getByRole('button', { name: 'Try again' }).click()
  await statusOf(page, 'tony-hoare', 'Checking')
  await focusOn(page, `#channel-${hoare.id}`)
  await context.close()
})

test('a merge is explained, and the card that stays takes the focus', { timeout: 60_000 }, async () => {
  const [stays, goes] = [samples.channel('connected', 'Ada Lovelace'), samples.channel('connecting', 'Ada King')]
  const { page, context } = await open({ channels: [goes, stays] })
  await card(page, goes.identifier).focus()
  await tell(page, 'removed', { id: goes.id, mergedInto: stays.id })
  const words = page.getByText('ada-king.bsky.social is the same account as another of your channels')
  const notice = words.filter({ visible: true }).first()
  await notice.waitFor()
  await focusOn(page, `#channel-${stays.id}`)
  await page.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('button', { name: 'Close' }).waitFor({ state: 'detached' })
  await focusOn(page, 'h1')
  await context.close()
})

test('sixty channels stand in their order, each once, however they are loaded', { timeout: 60_000 }, async () => {
  const all = Array.from({ length: 60 }, (_, index) => samples.channel('connected', `Number ${index}`)).toReversed()
  const held: Route[] = []
  const { page, context } = await open({
    channels: all,
    override: {
      '/api/channels': (route) =>
        new URL(route.request().url()).searchParams.has('cursor')
          ? held.push(route)
          : listed(route, all.slice(0, 25), 'more'),
    },
  })
  const names = () =>
    page.getByRole('article').evaluateAll((rows) => rows.map((row) => row.querySelector('bdi')?.textContent))
  const wanted = all.map(({ displayName }) => displayName)
  await expect.poll(() => held.length, { timeout: 30_000 }).toBe(1)
  await page.getByText('more are being loaded').waitFor()
  expect((await names()).slice(0, 25)).toEqual(wanted.slice(0, 25))
  const fresh = samples.channel('connecting', 'Number 60')
  await tell(page, 'channel', fresh)
  await card(page, fresh.identifier).waitFor()
  await listed(held[0] as Route, all.slice(25))
  await expect.poll(names, { timeout: 30_000 }).toEqual([fresh.identifier, ...wanted])
  await page.getByText('61 channels').waitFor()
  await context.close()
})

test('an answer that was on its way undoes nothing that happened meanwhile', { timeout: 60_000 }, async () => {
  const [stays, goes] = [samples.channel('connected', 'Ada Lovelace'), samples.channel('connected', 'Alan Turing')]
  const held: Route[] = []
  let asked = 0
  const { page, context } = await open({
    channels: [goes, stays],
    override: {
      '/api/channels': (route) => ((asked += 1) === 1 ? listed(route, [goes, stays]) : held.push(route)),
    },
  })
  // A second snapshot comes after a gap: the list is asked for again.
  await tell(page, 'snapshot', { channels: [goes, stays] })
  await expect.poll(() => held.length).toBe(1)
  const fresh = samples.channel('connecting', 'Grace Hopper')
  await tell(page, 'removed', { id: goes.id, mergedInto: null })
  await tell(page, 'channel', fresh)
  await card(page, fresh.identifier).waitFor()
  await listed(held[0] as Route, [goes, { ...stays, displayName: 'Ada King', revision: 2 }])
  await page.getByRole('heading', { name: 'Ada King' }).waitFor()
  expect(await page.getByRole('article').getByRole('heading', { level: 2 }).allTextContents()).toEqual([
    fresh.identifier,
    'Ada King',
  ])
  await context.close()
})

test('a new status is said also while the page asks every few seconds', { timeout: 60_000 }, async () => {
  const before = samples.channel('connecting', 'Barbara Liskov')
  let now = before
  const { page, context } = await open({
    stream: false,
    override: { '/api/channels': (route) => listed(route, [now]) },
  })
  now = wrongPassword({ id: before.id })
  await page
    .getByRole('status')
    .getByText(/^barbara-liskov\.bsky\.social: Needs attention\. Handle and app password do not match/)
    .waitFor()
  await context.close()
})

test(
  'names that run from right to left, and handles that may be taken for others, are shown as what they are',
  { timeout: 60_000 },
  async () => {
    const { page, context } = await open({
      channels: [
        samples.channel('connected', 'Nour', { displayName: '\u202Eنور', handle: 'xn--mgba3gch31f060k.com' }),
        samples.channel('connected', 'Mueller', { displayName: null, handle: 'xn--mller-kva.de' }),
        samples.channel('connected', 'Alice', { displayName: 'Alice', handle: 'xn--lice-43d.test' }),
      ],
    })
    const heads = await page
      .getByRole('article')
      .evaluateAll((cards) =>
        cards.map((each) => Array.from(each.querySelectorAll('bdi'), ({ textContent }) => textContent)),
      )
    expect(heads).toEqual([
      ['Alice', '@аlice.test (xn--lice-43d.test)'],
      ['müller.de'],
      ['\u202Eنور', '@نامه\u200Cای.com'],
    ])
    await page.getByRole('button', { name: 'More for \u2068نور\u2069', exact: true }).click()
    await page.getByRole('menuitem', { name: /^Remove/ }).click()
    await page.getByRole('dialog', { name: 'Remove \u2068نور\u2069?', exact: true }).waitFor()
    await context.close()
  },
)

test('a stream that is open and silent does not count as one', { timeout: 60_000 }, async () => {
  const { page, context } = await open({
    stream: false,
    override: { '/api/channels/events': () => undefined },
  })
  await page.getByText(/Live updates are interrupted/).waitFor()
  await context.close()
})

test('the dialog stays while its answer is on the way', { timeout: 60_000 }, async () => {
  const before = wrongPassword()
  const held: Route[] = []
  const { page, context } = await open({
    channels: [before],
    override: { [`/api/channels/${before.id}/reconnect`]: (route) => held.push(route) },
  })
  await page.getByRole('button', { name: 'Reconnect' }).click()
  await submitDialog(page, { appPassword: 'aaaa-bbbb-cccc-dddd' })
  await expect.poll(() => held.length).toBe(1)
  await page.keyboard.press('Escape')
  expect(await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).isDisabled()).toBe(true)
  await fails(held[0] as Route)
  await page.getByRole('dialog').getByText('Reference: 7b0f5a44-0d1e-4a54-9a34-0e6c4b7a6d55').waitFor()
  await focusOn(page, '[role="dialog"] input')
  await context.close()
})

test('a refused check is said until the channel changes, with the button that helps', { timeout: 60_000 }, async () => {
  const before = samples.channel('connected', 'Ada Lovelace')
  const { page, context } = await open({
    channels: [before],
    override: {
      [`/api/channels/${before.id}/verify`]: (route) =>
        answer(route, { code: 'channel_not_connected', detail: 'This channel has no session.' }, 409),
    },
  })
  await page.getByRole('button', { name: /^More for/ }).click()
  await page.getByRole('menuitem', { name: 'Check again' }).click()
  const refusal = page.getByRole('alert').filter({ hasText: 'This channel has no session.' })
  await refusal.getByRole('button', { name: 'Reconnect' }).click()
  await page.getByRole('dialog', { name: 'Reconnect Ada Lovelace' }).waitFor()
  await page.keyboard.press('Escape')
  await tell(page, 'channel', { ...before, revision: 2 })
  await refusal.waitFor({ state: 'detached' })
  await context.close()
})

test(
  'which of two states is newer is told by their revision, however wrong the clock of who wrote them',
  { timeout: 60_000 },
  async () => {
    const before = samples.channel('connecting', 'Ada Lovelace', { revision: 5, updatedAt: samples.ago(0) })
    const { page, context } = await open({ channels: [before] })
    await statusOf(page, 'ada-lovelace', 'Signing in')
    const behind = samples.ago(10)
    await tell(page, 'channel', { ...before, status: 'verifying', revision: 6, updatedAt: behind })
    await statusOf(page, 'ada-lovelace', 'Checking')
    await tell(page, 'channel', { ...before, revision: 5 })
    await tell(page, 'channel', { ...before, status: 'connected', revision: 7, updatedAt: behind })
    await statusOf(page, 'ada-lovelace', 'Connected')
    await context.close()
  },
)

test('the card says since when, and warns of what its owner may not want', { timeout: 60_000 }, async () => {
  const hidden = samples.channel('connected', 'Ada Lovelace', {
    since: samples.ago(65),
    outcome: samples.outcome('hidden_on_bluesky', 'verify'),
  })
  const { page, context } = await open({ channels: [hidden] })
  await page.getByText('Since 13:00').waitFor()
  await page.getByText('Connected, but hidden on Bluesky').waitFor()
  await context.close()
})

test('a sign-out that failed is seen, and can be put away', { timeout: 60_000 }, async () => {
  const { page, context } = await open({ override: { '/api/auth/sign-out': fails } })
  await page.getByRole('button', { name: 'Account menu' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  const notice = page.getByRole('alert').filter({ hasText: 'Signing out did not work' })
  await notice.waitFor()
  await notice.getByRole('button', { name: 'Close' }).click()
  await notice.waitFor({ state: 'detached' })
  await focusOn(page, 'h1')
  await context.close()
})

const inTrouble = (code: OutcomeCode) =>
  samples.channel(outcomes[code].retry ? 'retrying' : 'action_required', 'Grace Hopper', {
    outcome: samples.outcome(code),
  })

test('Try now begins what waits, with the time of the next try beside it', { timeout: 60_000 }, async () => {
  const before = inTrouble('pds_unreachable')
  const sent: string[] = []
  const { page, context } = await open({
    channels: [before],
    override: {
      [`/api/channels/${before.id}/retry`]: (route) => {
        sent.push(route.request().method())
        const now = { ...before, status: 'connecting' as const, nextTryAt: null, revision: 2 }
        return answer(route, now, 202)
      },
    },
  })
  await page.getByText('Next try at 14:09').waitFor()
  await page.getByRole('button', { name: 'Try now' }).click()
  await statusOf(page, 'grace-hopper', 'Signing in')
  await focusOn(page, `#channel-${before.id}`)
  expect(sent).toEqual(['POST'])
  await context.close()
})

test('where the server named a time, Try now is off until then', { timeout: 60_000 }, async () => {
  const { page, context } = await open({ channels: [inTrouble('login_rate_limited')] })
  await page.getByText('Next try at 14:09').waitFor()
  expect(await page.getByRole('button', { name: 'Try now' }).isDisabled()).toBe(true)
  await context.close()
})

test('a public record that names no server can be checked again at once', { timeout: 60_000 }, async () => {
  const before = inTrouble('did_unresolvable')
  const { page, context } = await open({
    channels: [before],
    override: {
      [`/api/channels/${before.id}/retry`]: (route) =>
        answer(route, { ...before, status: 'connecting', revision: 2 }, 202),
    },
  })
  await page.getByRole('button', { name: 'Check again' }).click()
  await statusOf(page, 'grace-hopper', 'Signing in')
  await context.close()
})

test.for([
  ['account_taken_down', 'Open the Bluesky app', 'https://bsky.app'],
  ['account_suspended', 'Open the Bluesky app', 'https://bsky.app'],
  ['account_deactivated', 'Open the Bluesky app', 'https://bsky.app'],
  ['account_unverified', 'Open bsky.social', 'https://bsky.social'],
] as const)('%s: %s, and Reconnect after that', { timeout: 60_000 }, async ([code, name, href]) => {
  const { page, context } = await open({ channels: [inTrouble(code)] })
  const links = page.getByRole('article').getByRole('link', { name })
  expect(await links.count()).toBe(1)
  expect(await links.getAttribute('href')).toBe(href)
  await page.getByRole('article').getByRole('button', { name: 'Reconnect' }).click()
  await page.getByRole('dialog', { name: /^Reconnect/ }).waitFor()
  await context.close()
})

test(
  'an account of a server without app passwords can be removed, from where that is said',
  { timeout: 60_000 },
  async () => {
    const { page, context } = await open({ channels: [inTrouble('app_passwords_unsupported')] })
    const remove = page.getByRole('article').getByRole('button', { name: 'Remove', exact: true })
    await remove.click()
    await page.getByRole('dialog', { name: /^Remove grace-hopper/ }).waitFor()
    await focusOn(page, '[role="dialog"] *')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(await remove.evaluate((node) => node === document.activeElement)).toBe(true)
    await context.close()
  },
)

test('the other account whose password it was is connected by its own handle', { timeout: 60_000 }, async () => {
  const { page, context } = await open({ channels: [inTrouble('wrong_account')] })
  await page.getByRole('button', { name: 'Connect @grace.example.com' }).click()
  const dialog = page.getByRole('dialog', { name: 'Connect Bluesky' })
  expect(await dialog.getByLabel('Handle').inputValue()).toBe('grace.example.com')
  await context.close()
})

test(
  'paused is said before anything is typed, and every button that would be refused is off',
  { timeout: 60_000 },
  async () => {
    const { page, context } = await open({ paused: true, channels: [wrongPassword(), inTrouble('pds_unreachable')] })
    await page.getByRole('status').filter({ hasText: 'Bluesky connections are paused' }).waitFor()
    for (const name of ['Connect', 'Reconnect', 'Try now'])
      expect([name, await page.getByRole('button', { name, exact: true }).isDisabled()]).toEqual([name, true])
    await context.close()
  },
)

test('paused while the dialog is open is said there, and keeps the app password', { timeout: 60_000 }, async () => {
  const before = wrongPassword()
  const { page, context } = await open({
    channels: [before],
    override: {
      [`/api/channels/${before.id}/reconnect`]: (route) =>
        answer(
          route,
          { code: 'integration_disabled', detail: 'The administrator has paused Bluesky connections.' },
          403,
        ),
    },
  })
  await page.getByRole('button', { name: 'Reconnect' }).click()
  await submitDialog(page, { appPassword: 'aaaa-bbbb-cccc-dddd' })
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Bluesky connections are paused').waitFor()
  expect(await dialog.getByRole('button', { name: 'Reconnect' }).isDisabled()).toBe(true)
  expect(await dialog.getByLabel('App password', { exact: true }).inputValue()).toBe('aaaa-bbbb-cccc-dddd')
  await context.close()
})

test.for([
  ['a channel that is gone', true, (route: Route) => answer(route, { code: 'channel_not_found', detail: 'x' }, 404)],
  ['a quota', true, (route: Route) => answer(route, { code: 'user_quota_used', detail: 'x' }, 429)],
  ['a fault of ours', true, (route: Route) => fails(route)],
  ['a connection that breaks', true, (route: Route) => route.abort()],
  [
    'the app password itself',
    false,
    (route: Route) =>
      answer(
        route,
        { code: 'password_not_app_format', detail: 'x', errors: [{ field: 'appPassword', message: 'x' }] },
        422,
      ),
  ],
] as const)('refused because of %s: the app password stays: %s', { timeout: 60_000 }, async ([, stays, refuse]) => {
  const before = wrongPassword()
  const { page, context } = await open({
    channels: [before],
    override: { [`/api/channels/${before.id}/reconnect`]: refuse },
  })
  await page.getByRole('button', { name: 'Reconnect' }).click()
  await submitDialog(page, { appPassword: 'aaaa-bbbb-cccc-dddd' })
  const dialog = page.getByRole('dialog')
  await dialog.locator(stays ? '[role="alert"]' : '[data-tone="bad"]').waitFor()
  expect(await dialog.getByLabel('App password', { exact: true }).inputValue()).toBe(stays ? 'aaaa-bbbb-cccc-dddd' : '')
  await context.close()
})

test('the refusal of the test post is told as the one that was wanted', { timeout: 60_000 }, async () => {
  const { page, context } = await open({ channels: [samples.channel('connected', 'Ada Lovelace')] })
  await page.getByRole('button', { name: 'Details' }).click()
  const attempt = page.getByRole('listitem').filter({ hasText: 'InvalidSwap' }).last()
  await attempt.waitFor()
  expect(await attempt.innerText()).toContain('refused, as it should be')
  const other = page.getByRole('listitem').filter({ hasText: 'AuthenticationRequired' }).last()
  expect(await other.innerText()).not.toContain('as it should be')
  await context.close()
})
