// The way of a user through the pages, in a real browser, on the running program and a real PDS.
import { expect, inject, test } from 'vitest'
import { browser, system, useProgram, wide } from './browser.ts'
import {
  card,
  newAccount,
  newEmail,
  newUser,
  notReloaded,
  openDialog,
  password,
  statusOf,
  submitDialog,
} from './people.ts'

useProgram()

/** As phones write it. */
const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

test('a newcomer signs up, connects an account and sees it become connected', { timeout: 90_000 }, async () => {
  const account = await newAccount()
  const context = await browser.newContext({ ...wide, baseURL: system.url })
  const page = await context.newPage()
  await page.goto('/app/channels')
  await page.waitForURL('**/sign-in?next=%2Fapp%2Fchannels')
  await page.getByRole('link', { name: 'Create account' }).click()
  await page.getByLabel('E-mail').fill(newEmail())
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL('**/app/channels')
  const same = await notReloaded(page)

  await openDialog(page)
  await submitDialog(page, {
    handle: ` @${account.handle.toUpperCase()} `,
    appPassword: ` ${capitalized(account.appPassword).replaceAll('-', ' ')}`,
  })
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await statusOf(page, account.handle, 'Connected')

  const steps = card(page, account.handle).getByRole('list', { name: 'Progress' }).getByRole('listitem')
  expect(await steps.allTextContents()).toEqual([
    'Signing in (done)',
    'Checking that it can post (done)',
    'Connected (done)',
  ])
  await card(page, account.handle).getByRole('button', { name: 'Details' }).click()
  await page.getByText('Check: Connected').waitFor()
  await page.getByText('Sign in: Signed in').waitFor()
  await same()
  await context.close()
})

test('a wrong app password is explained, and put right with Reconnect', { timeout: 90_000 }, async () => {
  const account = await newAccount()
  const { page, context } = await newUser()
  await page.goto('/app/channels')
  await openDialog(page)
  await submitDialog(page, { handle: account.handle, appPassword: 'aaaa-bbbb-cccc-dddd' })
  await statusOf(page, account.handle, 'Needs attention')

  const problem = card(page, account.handle)
  await problem.getByText('Handle and app password do not match').waitFor()
  await problem.getByText(/refused the sign-in/).waitFor()
  await problem.getByText(/What to do/).waitFor()
  expect(await problem.getByRole('link', { name: /Create an app password/ }).getAttribute('href')).toBe(
    'https://bsky.app/settings/app-passwords',
  )
  expect(await page.getByRole('status').filter({ hasText: 'Handle and app password do not match' }).count()).toBe(1)

  await problem.getByRole('button', { name: 'Reconnect' }).click()
  await submitDialog(page, { appPassword: account.appPassword })
  await statusOf(page, account.handle, 'Connected')
  expect(await page.getByRole('article').count()).toBe(1)
  await context.close()
})

test('what is not an app password is told so before it is sent, and never sent', { timeout: 60_000 }, async () => {
  const { page, context } = await newUser()
  const sent: string[] = []
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()))
  await page.goto('/app/channels')
  await openDialog(page)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('App password', { exact: true }).fill('My main password!')
  await dialog.getByText(/so it will not be sent/).waitFor()
  await submitDialog(page, { handle: 'name.bsky.social', appPassword: 'My main password!' })
  expect(
    await dialog.getByLabel('App password', { exact: true }).evaluate((field) => field === document.activeElement),
  ).toBe(true)
  expect(sent).toEqual([])
  await context.close()
})

/** The dialog of somebody new, with what its two fields hold and what stands below them. */
async function pasting() {
  const { page, context } = await newUser()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: system.url })
  await page.goto('/app/channels')
  await openDialog(page)
  const dialog = page.getByRole('dialog')
  const handle = dialog.getByLabel('Handle')
  const appPassword = dialog.getByLabel('App password', { exact: true })
  return {
    page,
    context,
    dialog,
    handle,
    appPassword,
    hint: dialog.locator('[aria-live="polite"]').first(),
    /** as somebody who copies it somewhere else */
    paste: async (text: string, into = handle, before = '') => {
      await page.evaluate((copied) => navigator.clipboard.writeText(copied), text)
      await into.fill(before)
      await into.press('End')
      await into.press('ControlOrMeta+v')
    },
    fields: async () => [await handle.inputValue(), await appPassword.inputValue()],
  }
}

test('a pasted handle is cleaned before the eyes of the user', { timeout: 60_000 }, async () => {
  const { page, context, handle, paste } = await pasting()
  await paste('  \u202a@Ada.Bsky.Social\u202c ')
  expect(await handle.inputValue()).toBe('ada.bsky.social')
  await page.getByText('Tidied up to ada.bsky.social').waitFor()
  await paste('https://bsky.app/profile/ada.example.com')
  expect(await handle.inputValue()).toBe('ada.example.com')
  await paste('Ada (@ada.example.com)')
  expect(await handle.inputValue()).toBe('ada.example.com')
  await paste('@MÜLLER.de')
  expect(await handle.inputValue()).toBe('müller.de')
  await page.getByText('Goes to the server as xn--mller-kva.de').waitFor()
  await context.close()
})

test(
  'handle and app password that are pasted as one go into a field each, and that is said',
  { timeout: 60_000 },
  async () => {
    const { context, dialog, handle, appPassword, hint, paste, fields } = await pasting()
    const secret = 'abcd-efgh-ijkl-mnop'
    const both = ['ada.example.com', secret]
    const ways: [text: string, into?: typeof handle, before?: string][] = [
      [`ada.example.com\n${secret}`],
      [`@Ada.Example.com\t${secret}`],
      [`Handle: ada.example.com\nApp password: ${secret}`],
      [`ada.example.com ${secret}`, appPassword],
      [`\n${secret}`, handle, 'ada.example.com'],
    ]
    for (const [text, into, before] of ways) {
      await appPassword.fill('')
      await paste(text, into, before)
      expect(await fields(), JSON.stringify(text)).toEqual(both)
      expect(await hint.textContent(), JSON.stringify(text)).toMatch(/in its own field now/)
    }
    await appPassword.fill('')
    await paste(`ada.example.com\n${secret.replaceAll('-', '')}`)
    expect(await fields()).toEqual(['', ''])
    expect(await hint.textContent()).toMatch(/looks like an app password, so nothing of it is kept/)
    await handle.fill(`ada.example.com${secret}`)
    expect(await hint.textContent()).toMatch(/looks like an app password/)
    await appPassword.fill(secret)
    await dialog.getByRole('button', { name: 'Connect', exact: true }).click()
    expect(await handle.evaluate((field) => field === document.activeElement)).toBe(true)
    expect(await hint.textContent()).toMatch(/looks like an app password/)
    await context.close()
  },
)

test('lines that are pasted into the field of the handle are not made into one name', { timeout: 60_000 }, async () => {
  const { context, dialog, appPassword, hint, paste, fields } = await pasting()
  await paste('ada.example.com\nalan.example.com')
  expect(await fields()).toEqual(['ada.example.com alan.example.com', ''])
  await appPassword.fill('abcd-efgh-ijkl-mnop')
  await dialog.getByRole('button', { name: 'Connect', exact: true }).click()
  expect(await hint.textContent()).toBe('There is more than one account in this. Enter the handle of one.')
  await context.close()
})

test(
  'a bare name says what it becomes, goes on saying so when it is sent, and connects',
  { timeout: 90_000 },
  async () => {
    await system.context.db.servers.updateOne(
      { _id: inject('pds').pdsUrl },
      { $set: { domains: ['.test'], finding: 'answers', lookedAt: new Date() } },
      { upsert: true },
    )
    const account = await newAccount()
    const name = account.handle.replace('.test', '')
    const { page, context, handle, appPassword, hint, fields } = await pasting()
    expect(await hint.textContent()).toBe('For example name.test, or your own domain.')
    await handle.fill(name)
    expect(await hint.textContent()).toMatch(`Becomes ${account.handle}.`)
    await handle.press('Enter')
    await page.getByText('Paste the app password.').waitFor()
    expect(await fields()).toEqual([account.handle, ''])
    expect(await hint.textContent()).toMatch(`Completed to ${account.handle}.`)
    await appPassword.fill(account.appPassword)
    await appPassword.press('Enter')
    await statusOf(page, account.handle, 'Connected')
    await context.close()
  },
)

test('the keyboard alone connects, and the focus stays where the work is', { timeout: 90_000 }, async () => {
  const account = await newAccount()
  const { page, context } = await newUser()
  await page.goto('/app/channels')
  const start = page.getByRole('button', { name: 'Connect Bluesky' })
  await start.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  expect(await start.evaluate((button) => button === document.activeElement)).toBe(true)

  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'identifier')
  await page.keyboard.type(account.handle)
  await page.keyboard.press('Tab')
  await page.keyboard.type(account.appPassword)
  await page.keyboard.press('Enter')
  await statusOf(page, account.handle, 'Connected')
  await page.waitForFunction(() => document.activeElement?.tagName === 'ARTICLE')

  await page.getByRole('button', { name: /^More for/ }).focus()
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.activeElement?.closest('[role="menu"]') !== null)
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: /^Remove/ }).waitFor()
  await page.getByRole('button', { name: 'Remove channel' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('Connect your first account').waitFor()
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1')
  await context.close()
})

test('signing in leads back to where one wanted to go, and nowhere else', { timeout: 60_000 }, async () => {
  const { email, page, context } = await newUser()
  const signIn = async () => {
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  await page.goto('/app/channels?from=mail')
  await page.getByRole('button', { name: 'Account menu' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL('**/sign-in?next=*')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill('not the one')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText(/E-mail and password do not match/).waitFor()
  await signIn()
  await page.waitForURL('**/app/channels?from=mail')

  for (const elsewhere of ['//example.com', 'https://example.com/', '/\\example.com', 'javascript:alert(1)']) {
    await page.goto(`/sign-in?next=${encodeURIComponent(elsewhere)}`)
    await page.waitForURL(`${system.url}/app/channels`)
  }
  await context.close()
})

test('an answer that is not ours is put into words', { timeout: 60_000 }, async () => {
  const context = await browser.newContext({ ...wide, baseURL: system.url })
  const page = await context.newPage()
  await page.goto('/sign-in')
  await page.getByLabel('E-mail').fill(newEmail())
  await page.getByLabel('Password', { exact: true }).fill(password)
  const answers: [body: string, says: RegExp][] = [
    ['{"code":"user_banned","detail":"You have been banned"}', /^This account is locked out/],
    ['{"code":"something_new","detail":"Try it on Sunday."}', /^Try it on Sunday/],
    ['<html>403 Forbidden</html>', /answer cannot be read/],
  ]
  for (const [body, says] of answers) {
    await page.route('**/api/auth/sign-in/email', (route) => route.fulfill({ status: 403, body }))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText(says).waitFor()
  }
  await context.close()
})

test('after signing out the back button shows nothing of what was there', { timeout: 60_000 }, async () => {
  const { page, context } = await newUser()
  await page.goto('/app/channels')
  await page.getByText('Connect your first account').waitFor()
  await page.goto('/somewhere-else')
  await page.getByRole('button', { name: 'Account menu' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Go to your channels' }).waitFor()
  await page.goBack()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(await page.getByText('Connect your first account').count()).toBe(0)
  await context.close()
})
