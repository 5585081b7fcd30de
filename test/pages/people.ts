// People in front of a browser: a window each, signed in or not, with what they do in several tests.
import { randomUUID } from 'node:crypto'
import type { BrowserContext, Page } from 'playwright-core'
import { inject } from 'vitest'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { browser, system, wide } from './browser.ts'

export const password = 'correct horse battery'
export const newEmail = () => `p-${randomUUID()}@example.com`

/** An account on the first PDS. */
export const newAccount = async () => {
  const account = await createAccount(inject('pds'))
  return { ...account, appPassword: await createAppPassword(account) }
}

export interface Person {
  email: string
  context: BrowserContext
  page: Page
  /** a tab of the same browser */
  tab(): Promise<Page>
  /** what somebody does through the API instead of the page that is looked at */
  post(path: string, data: object): Promise<void>
}

async function person(
  path: string,
  account: { email: string; password: string; name?: string },
  baseURL = system.url,
): Promise<Person> {
  const context = await browser.newContext({ ...wide, baseURL })
  const post = async (to: string, data: object) => {
    const answer = await context.request.post(to, { data, headers: { origin: baseURL } })
    if (!answer.ok()) throw new Error(`${to} answered ${answer.status()} ${await answer.text()}`)
  }
  await post(`/api/auth/${path}`, account)
  return { email: account.email, context, page: await context.newPage(), tab: () => context.newPage(), post }
}

/** Somebody who has just signed up. */
export const newUser = (baseURL?: string): Promise<Person> =>
  person('sign-up/email', { email: newEmail(), password, name: 'Test' }, baseURL)

export const admin = (): Promise<Person> => person('sign-in/email', { email: 'admin@example.com', password })

/** Fills in the dialog that is open, and sends it. */
export async function submitDialog(page: Page, { handle, appPassword }: { handle?: string; appPassword: string }) {
  const dialog = page.getByRole('dialog')
  if (handle !== undefined) await dialog.getByLabel('Handle').fill(handle)
  await dialog.getByLabel('App password', { exact: true }).fill(appPassword)
  await dialog.getByRole('button', { name: handle === undefined ? 'Reconnect' : 'Connect', exact: true }).click()
}

/** Opens the dialog from an empty page of channels, or from the menu of one that is not. */
export async function openDialog(page: Page) {
  const first = page.getByRole('button', { name: 'Connect Bluesky' })
  const menu = page.getByRole('button', { name: 'Connect', exact: true })
  await first.or(menu).waitFor()
  if (await first.isVisible()) return first.click()
  await menu.click()
  await page.getByRole('menuitem', { name: /^Bluesky/ }).click()
}

export const card = (page: Page, handle: string) => page.getByRole('article').filter({ hasText: handle })

/** The status that a card shows, in words. */
export const statusOf = (page: Page, handle: string, word: string) =>
  card(page, handle).locator('[data-status]').getByText(word, { exact: true }).waitFor()

/** Fails when the page was loaded anew since. @returns call it at the end */
export async function notReloaded(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => Object.assign(window, { stillTheSamePage: true }))
  return async () => {
    if (!(await page.evaluate(() => 'stillTheSamePage' in window))) throw new Error('the page was loaded anew')
  }
}
