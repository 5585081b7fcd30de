// The dialog that removes a channel, with the app password that may go with it, and the notices that say how it ended.
import type { Page, Route } from 'playwright-core'
import { describe, expect, inject, test } from 'vitest'
import type { AppPasswords } from '../../src/contract.ts'
import { xrpc } from '../../services/demo/accounts.ts'
import { createAccount, type Account } from '../helpers/pds.ts'
import { browser, system, useProgram, wide } from './browser.ts'
import { fails, fakeApi, tell, type FakeApi } from './fake-api.ts'
import { newUser, openDialog, statusOf, submitDialog } from './people.ts'
import * as samples from './samples.ts'

useProgram()

const LONG = { timeout: 60_000 }
const texts = {
  'en-GB': {
    more: /^More for/,
    remove: 'Remove',
    offer: /^Delete the app password at pds\.example\.com too/,
    which: 'Which one was used here?',
    choose: 'Choose one, or leave them all there.',
    confirm: 'Remove channel',
    asking: 'Asking pds.example.com',
    only: 'There is only this one',
    none: 'nothing is left to delete',
    refused: 'does not let us do that',
    unanswered: 'has not answered',
    over: 'session at pds.example.com is over',
    again: 'Ask again',
    link: 'App passwords in the Bluesky settings',
    close: 'Close',
  },
  'de-DE': {
    more: /^Mehr für/,
    remove: 'Entfernen',
    offer: /^Auch das App-Passwort bei pds\.example\.com löschen/,
    which: 'Welches wurde hier verwendet?',
    choose: 'Wählen Sie eines, oder lassen Sie alle dort.',
    confirm: 'Kanal entfernen',
    asking: 'pds.example.com wird gefragt',
    only: 'Es gibt nur dieses',
    none: 'Es ist nichts zu löschen',
    refused: 'lässt uns das nicht tun',
    unanswered: 'hat nicht geantwortet',
    over: 'Sitzung bei pds.example.com ist vorbei',
    again: 'Noch einmal fragen',
    link: 'App-Passwörter in den Bluesky-Einstellungen',
    close: 'Schließen',
  },
} as const
type Locale = keyof typeof texts
const locales = Object.keys(texts) as Locale[]

async function open(locale: Locale, state: Omit<FakeApi, 'role'>) {
  const context = await browser.newContext({ ...wide, locale, reducedMotion: 'reduce' })
  const page = await context.newPage()
  await fakeApi(page, { role: 'user', ...state })
  await page.goto(`${system.url}/app/channels`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  return { page, context }
}

const channel = () => samples.channel('connected', 'Ada Lovelace', { serviceUrl: 'https://pds.example.com' })
const passwords = samples.appPasswords()
const listed = (appPasswords: AppPasswords['appPasswords']): AppPasswords => ({ state: 'listed', appPasswords })

/** A page with one channel, whose server says that of its app passwords. */
async function openFor(locale: Locale, says: AppPasswords | ((route: Route) => unknown)) {
  const one = channel()
  const deleted: string[] = []
  const path = `/api/channels/${one.id}`
  const { page, context } = await open(locale, {
    channels: [one],
    override: {
      [`${path}/app-passwords`]: (route) =>
        typeof says === 'function' ? says(route) : route.fulfill({ status: 202, json: says }),
      [path]: (route) => {
        if (route.request().method() !== 'DELETE') return route.fulfill({ json: { ...one, attempts: [] } })
        deleted.push(new URL(route.request().url()).search)
        return route.fulfill({ status: 204 })
      },
    },
  })
  return { page, context, deleted }
}

/** Waits until what has the focus is named so. */
const focusOn = (page: Page, name: string | RegExp) =>
  page.waitForFunction(
    ([source, flags]) => {
      const { activeElement } = document
      // The text of the body is that of the whole page.
      if (activeElement === document.body) return false
      const label = (activeElement as HTMLInputElement | null)?.labels?.[0]?.textContent
      return new RegExp(source, flags).test(label ?? activeElement?.textContent ?? '')
    },
    name instanceof RegExp ? ([name.source, name.flags] as const) : ([name, ''] as const),
  )

/** Opens the dialog from the menu of the card, by the keyboard. */
async function openByKeyboard(page: Page, locale: Locale) {
  const { more, remove } = texts[locale]
  await page.getByRole('button', { name: more }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: remove, exact: true }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.waitForFunction(() => document.activeElement?.closest('[role="dialog"]') !== null)
}

describe.each(locales)('%s', (locale) => {
  const words = texts[locale]

  test('by the keyboard alone one of several is chosen, and no other is deleted', LONG, async () => {
    const { page, context, deleted } = await openFor(locale, listed(passwords))
    await openByKeyboard(page, locale)
    await page.keyboard.press('Shift+Tab')
    await focusOn(page, words.offer)
    await page.keyboard.press('Space')
    await page.getByRole('radiogroup', { name: words.which }).waitFor()
    expect(await page.getByRole('radio', { checked: true }).count()).toBe(0)
    // Without a choice nothing is removed.
    await page.getByRole('button', { name: words.confirm }).focus()
    await page.keyboard.press('Enter')
    await page.getByText(words.choose).waitFor()
    expect(deleted).toEqual([])
    await page.getByRole('checkbox').focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowDown')
    expect(await page.getByRole('radio', { name: /ours/ }).isChecked()).toBe(true)
    await page.getByRole('button', { name: words.confirm }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('article').waitFor({ state: 'detached' })
    expect(deleted).toEqual(['?appPassword=second'])
    await context.close()
  })

  test('where there is one alone it is named, and goes without another question', LONG, async () => {
    const { page, context, deleted } = await openFor(locale, listed(passwords.slice(1)))
    await openByKeyboard(page, locale)
    await page.getByRole('checkbox', { name: words.offer }).check()
    await page.getByText(words.only).waitFor()
    await page.getByText('ours', { exact: true }).waitFor()
    await page.getByRole('button', { name: words.confirm }).click()
    await page.getByRole('article').waitFor({ state: 'detached' })
    expect(deleted).toEqual(['?appPassword=second'])
    await context.close()
  })

  test('what is offered and taken back deletes nothing at the server', LONG, async () => {
    const { page, context, deleted } = await openFor(locale, listed(passwords.slice(1)))
    await openByKeyboard(page, locale)
    await page.getByRole('checkbox', { name: words.offer }).check()
    await page.getByText(words.only).waitFor()
    await page.getByRole('checkbox', { name: words.offer }).uncheck()
    await page.getByRole('button', { name: words.confirm }).click()
    await page.getByRole('article').waitFor({ state: 'detached' })
    expect(deleted).toEqual([''])
    await context.close()
  })

  test.each([
    ['none', listed([])],
    ['refused', { state: 'refused', appPasswords: [] }],
    ['unanswered', { state: 'unanswered', appPasswords: [] }],
    ['over', { state: 'session_over', appPasswords: [] }],
  ] as [keyof typeof words, AppPasswords][])(
    '%s: it is said, and the channel can be removed',
    LONG,
    async (key, says) => {
      const { page, context, deleted } = await openFor(locale, says)
      await openByKeyboard(page, locale)
      await page.getByRole('checkbox', { name: words.offer }).check()
      await page.getByRole('dialog').getByText(words[key]).waitFor()
      expect(await page.getByRole('button', { name: words.again }).count()).toBe(key === 'unanswered' ? 1 : 0)
      expect(await page.getByRole('link', { name: words.link }).count()).toBe(key === 'none' ? 0 : 1)
      await page.getByRole('button', { name: words.confirm }).click()
      await page.getByRole('article').waitFor({ state: 'detached' })
      expect(deleted).toEqual([''])
      await context.close()
    },
  )

  test('how removals ended stands on the page until it is put away', LONG, async () => {
    let removals = samples.removals()
    const [underWay] = removals
    const { page, context } = await open(locale, {
      override: {
        '/api/removals': (route) => route.fulfill({ json: { removals } }),
        '/api/removals/2': (route) => {
          removals = removals.filter(({ id }) => id !== '2')
          return route.fulfill({ status: 204 })
        },
      },
    })
    const said = (en: string, de: string) => page.getByText(locale === 'en-GB' ? en : de)
    await said('is being ended.', 'wird beendet.').waitFor()
    await said(
      'The app password “ours” could not be deleted',
      'Das App-Passwort „ours“ ließ sich nicht löschen',
    ).waitFor()
    await said('An administrator removed the channel.', 'Ein Administrator hat den Kanal entfernt.').waitFor()
    await said('It ends by itself on 3 February 2027', 'Sie endet von selbst am 3. Februar 2027').waitFor()
    // Three at a time; what is under way cannot be put away.
    expect(await page.getByText('@last.example.com').count()).toBe(0)
    const closing = page.locator('main').getByRole('button', { name: words.close, exact: true })
    expect(await closing.count()).toBe(2)
    await closing.first().focus()
    await page.keyboard.press('Enter')
    await page.getByText('@last.example.com').first().waitFor()
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1')
    // And one that ends meanwhile says so by itself.
    await tell(page, 'removal', {
      ...underWay,
      session: 'ended',
      appPassword: { name: 'ours', state: 'deleted' },
    })
    await page
      .locator('[role="status"]')
      .filter({ hasText: '“ours”' })
      .or(page.locator('[role="status"]').filter({ hasText: '„ours“' }))
      .first()
      .waitFor({ state: 'attached' })
    expect(await said('is being ended.', 'wird beendet.').count()).toBe(0)
    await context.close()
  })
})

test('while the server is asked nothing is removed, and what fails can be asked again', LONG, async () => {
  let answers: ((route: Route) => unknown)[] = [fails]
  const { page, context } = await openFor('en-GB', (route) => {
    const [answer, ...later] = answers
    if (later.length > 0) answers = later
    return answer?.(route)
  })
  await openByKeyboard(page, 'en-GB')
  await page.getByRole('checkbox', { name: texts['en-GB'].offer }).check()
  await page.getByRole('dialog').getByRole('alert').waitFor()
  answers = [(route) => route.fulfill({ status: 202, json: { state: 'asking', appPasswords: [] } })]
  await page.getByRole('button', { name: 'Ask again' }).click()
  await page.getByText(texts['en-GB'].asking).waitFor()
  expect(await page.getByRole('button', { name: 'Remove channel' }).isDisabled()).toBe(true)
  answers = [(route) => route.fulfill({ json: listed(passwords.slice(1)) })]
  await page.getByText(texts['en-GB'].only).waitFor()
  expect(await page.getByRole('button', { name: 'Remove channel' }).isDisabled()).toBe(false)
  await context.close()
})

test('an account that never signed in has no app password to offer', LONG, async () => {
  const never = samples.channel('action_required', 'Ada Lovelace', {
    did: null,
    handle: null,
    outcome: samples.outcome('bad_credentials'),
  })
  const { page, context } = await open('en-GB', { channels: [never] })
  await openByKeyboard(page, 'en-GB')
  expect(await page.getByRole('checkbox').count()).toBe(0)
  await page.getByRole('dialog').getByRole('link', { name: texts['en-GB'].link }).waitFor()
  await context.close()
})

test('with the real server: the one that was chosen is gone there, and the page says so by itself', LONG, async () => {
  const account: Account = await createAccount(inject('pds'))
  const make = (name: string) =>
    xrpc<{ password: string }>(account.pdsUrl, 'com.atproto.server.createAppPassword', {
      authorization: `Bearer ${account.accessJwt}`,
      body: { name },
    })
  const ours = (await make('ours')).password
  const other = (await make('another app')).password
  const { page, context } = await newUser()
  await page.goto('/app/channels')
  await openDialog(page)
  await submitDialog(page, { handle: account.handle, appPassword: ours })
  await statusOf(page, account.handle, 'Connected')
  await openByKeyboard(page, 'en-GB')
  await page.getByRole('checkbox', { name: /^Delete the app password/ }).check()
  await page.getByRole('radio', { name: /^ours/ }).check()
  await page.getByRole('button', { name: 'Remove channel' }).click()
  await page.getByText('The app password “ours” was deleted there.').first().waitFor()
  await page.getByText('has ended.').first().waitFor()
  const signIn = (password: string) =>
    xrpc(account.pdsUrl, 'com.atproto.server.createSession', { body: { identifier: account.did, password } }).then(
      () => true,
      () => false,
    )
  expect([await signIn(ours), await signIn(other)]).toEqual([false, true])
  // It is there at the next look too.
  await page.reload()
  await page.getByText('The app password “ours” was deleted there.').first().waitFor()
  await context.close()
})
