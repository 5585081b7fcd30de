// The states of the pages about people: the list, one person, what is done to them, and the pages that links lead to.
import type { Page, Route } from 'playwright-core'
import { fails, never, type FakeApi } from './fake-api.ts'
import { details, link, people } from './people-samples.ts'

/** A page as test/pages/states.test.ts takes it. */
export interface State extends FakeApi {
  path: string
  /** what is on the page when it is ready */
  shows: string | RegExp
  act?: (page: Page) => Promise<unknown>
  language?: string
  /** the part that is on the screen, instead of the whole page */
  screen?: true
  /** it is about a page that breaks */
  breaks?: true
}

const listPath = '/admin/people'
const pathOf = (n: number) => `/admin/people/${people()[n]?.id}`
const apiOf = (n: number) => `/api${pathOf(n)}`

const json =
  (body: unknown, status = 200) =>
  (route: Route) =>
    route.fulfill({ json: body, status })
const press = (name: string) => (page: Page) => page.getByRole('button', { name, exact: true }).click()
const problem = (code: string, status: number) => json({ code, status, detail: 'It was refused.' }, status)

const admin = { role: 'admin' as const, override: { '/api/admin/people': json({ people: people(), nextCursor: 'x' }) } }
const one = (n: number, changes = {}, more: FakeApi['override'] = {}) => ({
  role: 'admin' as const,
  path: pathOf(n),
  override: { [apiOf(n)]: json(details(n, changes)), ...more },
})

async function invite(page: Page) {
  await press('Add somebody')(page)
  await page.getByRole('dialog').getByLabel('E-mail').fill('new.colleague@example.com')
  await press('Make the link')(page)
}

/** Answers the list, and what is posted there. */
const posting = (answer: (route: Route) => unknown) => (route: Route) =>
  route.request().method() === 'POST' ? answer(route) : json({ people: people(), nextCursor: null })(route)

export const peopleStates: Record<string, State> = {
  people: { ...admin, path: listPath, shows: 'grace@example.com' },
  'people-german': {
    ...admin,
    path: listPath,
    language: 'de-DE',
    shows: 'Alle, die hier ein Konto haben, die neuesten zuerst.',
  },
  'people-loading': { role: 'admin', path: listPath, override: { '/api/admin/people': never }, shows: 'People' },
  'people-failed': {
    role: 'admin',
    path: listPath,
    override: { '/api/admin/people': fails },
    shows: 'This could not be loaded',
  },
  'people-none-fits': {
    role: 'admin',
    path: `${listPath}?q=zoe&role=admin`,
    override: { '/api/admin/people': json({ people: [], nextCursor: null }) },
    shows: 'Nobody fits the filter',
  },
  'people-add': { ...admin, path: listPath, act: press('Add somebody'), shows: 'How they get in', screen: true },
  'people-add-wrong': {
    ...admin,
    path: listPath,
    act: async (page: Page) => {
      await press('Add somebody')(page)
      await page.getByRole('dialog').getByLabel('How they get in').selectOption('password')
      await page.getByLabel('Their password').fill('short')
      await press('Add')(page)
    },
    shows: 'Enter your e-mail address.',
    screen: true,
  },
  'people-invited': {
    role: 'admin',
    path: listPath,
    override: { '/api/admin/people': posting(json({ person: people()[0], ...link }, 201)) },
    act: invite,
    shows: 'Copy this link now',
    screen: true,
  },
  'people-taken': {
    role: 'admin',
    path: listPath,
    override: { '/api/admin/people': posting(problem('email_taken', 422)) },
    act: invite,
    shows: 'There is an account with this e-mail address already.',
    screen: true,
  },
  'people-confirm': {
    role: 'admin',
    path: listPath,
    override: { '/api/admin/people': posting(problem('fresh_session_needed', 403)) },
    act: invite,
    shows: 'Confirm that it is you',
    screen: true,
  },
  person: { ...one(1), shows: 'What was done' },
  'person-german': { ...one(3), language: 'de-DE', shows: 'Wieder einlassen' },
  'person-long': { ...one(2), shows: 'What was done' },
  'person-long-remove': { ...one(2), act: press('Remove'), shows: /This cannot be undone/, screen: true },
  'person-invited': { ...one(0, { acts: [] }), shows: 'New invitation link' },
  'person-locked-out': { ...one(3), shows: 'Left the company in October' },
  'person-yourself': { ...one(1, { yourself: true }), shows: /This is you/ },
  'person-loading': { role: 'admin', path: pathOf(1), override: { [apiOf(1)]: never }, shows: 'Person' },
  'person-gone': {
    role: 'admin',
    path: pathOf(1),
    override: { [apiOf(1)]: problem('user_not_found', 404) },
    shows: 'There is no such person any more.',
  },
  'person-role': { ...one(4), act: press('Make administrator'), shows: /Administrators see and change/, screen: true },
  'person-lock-out': { ...one(4), act: press('Lock out'), shows: 'Reason', screen: true },
  'person-sign-out': { ...one(4), act: press('Sign out everywhere'), shows: /Every session of theirs/, screen: true },
  'person-second-factor': {
    ...one(1),
    act: press('Turn second factor off'),
    shows: /Until they set up another one, their password alone signs in/,
    screen: true,
  },
  'person-second-factor-german': {
    ...one(1),
    act: press('Zweiten Faktor ausschalten'),
    shows: /Vergewissern Sie sich/,
    language: 'de-DE',
    screen: true,
  },
  'person-end-session': {
    ...one(4),
    act: (page: Page) => page.getByRole('list', { name: 'Sessions' }).getByRole('button').first().click(),
    shows: /They are signed out there at once/,
    screen: true,
  },
  'person-link': { ...one(4), act: press('Link to a new password'), shows: /You get a link to copy/, screen: true },
  'person-remove-wrong': {
    ...one(4),
    act: async (page: Page) => {
      await press('Remove')(page)
      await page.getByLabel('Type ada@example.com to confirm').fill('grace@example.com')
      await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
    },
    shows: 'That is not the e-mail address of this person.',
    screen: true,
  },
  'person-last-admin': {
    ...one(1, {}, { '/api/auth/admin/set-role': problem('last_admin', 409) }),
    act: async (page: Page) => {
      await press('Make user')(page)
      await page.getByRole('dialog').getByRole('button', { name: 'Make user', exact: true }).click()
    },
    shows: 'This is the only administrator. Make somebody else one first.',
    screen: true,
  },
  invitation: { role: null, path: '/invitation#shown-x', shows: /You are invited/ },
  'invitation-german': { role: null, path: '/invitation#shown-x', language: 'de-DE', shows: /Sie sind eingeladen/ },
  'invitation-over': { role: null, path: '/invitation', shows: /Ask whoever invited you/ },
  'change-email-over': { role: null, path: '/change-email', shows: /change the address anew/ },
  'change-email': {
    role: null,
    path: '/change-email#t',
    override: { '/api/me/email/confirm': json({ email: 'new@example.com' }) },
    shows: 'Your account has this address now. Sign in with it from now on.',
  },
  'account-email-mailed': {
    role: 'user',
    path: '/app/account',
    override: { '/api/me/email': json({ email: 'new@example.com', changed: false }, 202) },
    act: async (page: Page) => {
      await page.getByLabel('New e-mail address').fill('new@example.com')
      await press('Change address')(page)
    },
    shows: /A mail is on its way to new@example.com/,
  },
}
