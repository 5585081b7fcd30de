// Every page in every state, wide and narrow, light and dark: nothing in the way of anybody, and a picture to look at.
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type Axe from 'axe-core'
import type { Page, Route } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { browser, system, useProgram, wide } from './browser.ts'
import { peopleStates, type State } from './people-states.ts'
import { fails, fakeApi, never, type FakeApi } from './fake-api.ts'
import { incidentStates } from './incident-states.ts'
import * as samples from './samples.ts'

const pictures = resolve(import.meta.dirname, '../../screenshots')
const sizes = { wide: { width: 1440, height: 900 }, narrow: { width: 360, height: 740 } }

useProgram({ workers: false })
beforeAll(() => mkdir(pictures, { recursive: true }))

/** The first answer is a good one, as long as the page is new; every later one is a fault. */
function failsLater(body: unknown) {
  let calls = 0
  return (route: Route) => (calls++ === 0 ? route.fulfill({ json: body }) : fails(route))
}

const longName = 'a'.repeat(48)
const longServer = `https://${longName}.example.com`
const longLook = samples.look('redirects', longServer, { target: `https://www.${longName}.example.net` })
const longConnections = () =>
  samples.connections().map((each) => ({
    ...each,
    identifier: `${longName}.example.org`,
    handle: null,
    serviceUrl: longServer,
    user: { id: 'u', email: `${longName}@example.net` },
  }))
const longOverride: FakeApi['override'] = {
  '/api/admin/connections': (route) => route.fulfill({ json: { connections: longConnections(), nextCursor: null } }),
  [`/api/admin/connections/${'0'.repeat(24)}`]: (route) =>
    route.fulfill({ json: { ...longConnections()[2], attempts: samples.attempts() } }),
  '/api/admin/connections/summary': (route) => {
    const { incident, ...summary } = samples.summary()
    return route.fulfill({
      json: { ...summary, serviceUrl: longServer, incident: incident && { ...incident, server: longServer } },
    })
  },
  '/api/admin/api-integration/bluesky': (route) => route.fulfill({ json: samples.options(longServer, longLook) }),
}

const channelsPath = '/app/channels'
const signedIn = samples.channel('connected', 'Ada Lovelace')
const settingsPath = '/admin/api-integration/bluesky'
const optionsPath = '/api/admin/api-integration/bluesky'
const connectionsPath = '/admin/connections'
const accountPath = '/app/account'
const webPage = 'https://bsky.app'
const wrongLook = samples.look('web_page', webPage, { suggestion: 'https://bsky.social' })
const none = { body: JSON.stringify({ connections: [], nextCursor: null }), contentType: 'application/json' }
const acted = (route: Route) =>
  route.fulfill({
    json: {
      results: [
        ...['1', '2'].map((id) => ({ id, done: true, problem: null })),
        { id: '3', done: false, problem: { code: 'channel_not_connected', detail: 'gone' } },
        { id: '4', done: false, problem: null },
      ],
    },
  })
const button = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click()

const lastButton = (name: string) => (page: Page) => page.getByRole('button', { name }).last().click()

const chooseSome = (name: RegExp) => async (page: Page) => {
  const boxes = page.getByRole('checkbox', { name })
  await boxes.nth(2).check()
  await boxes.nth(4).click({ modifiers: ['Shift'] })
}
const checkedChannels = samples.many(30).filter(({ status }) => status !== 'verifying')

const brokenChannels = [
  samples.channel('connected', 'Ada Lovelace', {
    lastVerifiedAt: samples.ago(60 * 24),
    fault: samples.fault('pds_unreachable'),
  }),
  samples.broken('Grace Hopper'),
]

const signIn = async (page: Page) => {
  await page.getByLabel('E-mail').fill('ada@example.com')
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
  await button('Sign in')(page)
}
const beginSetUp = async (page: Page) => {
  await button('Set up')(page)
  await page.getByRole('dialog').getByLabel('Password', { exact: true }).fill('correct horse battery')
  await button('Continue')(page)
  await page.getByText('Or type this key').waitFor()
}

const states: Record<string, State> = {
  'sign-in': { role: null, path: '/sign-in', shows: /^Welcome\. Here you connect/ },
  'sign-in-wrong': {
    role: null,
    path: '/sign-in',
    override: {
      '/api/auth/sign-in/email': (route) => route.fulfill({ status: 401, body: '{"code":"wrong_email_or_password"}' }),
    },
    act: async (page) => {
      await page.getByLabel('E-mail').fill('ada@example.com')
      await page.getByLabel('Password', { exact: true }).fill('not the one')
      await page.getByRole('button', { name: 'Sign in' }).click()
    },
    shows: /do not match/,
  },
  'sign-up': {
    role: null,
    path: '/sign-up',
    shows: 'Use at least 12 characters, such as several words that do not belong together.',
  },
  'sign-up-wrong': { role: null, path: '/sign-up', act: button('Create account'), shows: 'Enter your e-mail address.' },
  'sign-up-closed': {
    role: null,
    path: '/sign-up',
    override: {
      '/api/about': (route) => route.fulfill({ contentType: 'application/json', body: '{"signUpOpen":false}' }),
    },
    shows: 'Sign-up is closed',
  },
  'sign-up-mailed': {
    role: null,
    path: '/sign-up',
    override: { '/api/auth/sign-up/email': (route) => route.fulfill({ json: { token: null } }) },
    act: async (page) => {
      await page.getByLabel('E-mail').fill('ada@example.com')
      await page.getByLabel('Password', { exact: true }).fill('correct horse battery')
      await button('Create account')(page)
    },
    shows: /A mail is on its way to ada@example.com/,
  },
  'forgot-password': {
    role: null,
    path: '/forgot-password',
    act: async (page) => {
      await page.getByLabel('E-mail').fill('ada@example.com')
      await button('Send the link')(page)
    },
    shows: /If there is an account with ada@example.com/,
  },
  'forgot-password-off': { role: null, mail: 'off', path: '/forgot-password', shows: /sends no e-mail/ },
  'reset-password': {
    role: null,
    path: '/reset-password#token',
    act: button('Set password'),
    shows: 'Enter the new password.',
  },
  'reset-password-over': { role: null, path: '/reset-password', shows: /not valid any more/ },
  'verify-email-over-german': {
    role: null,
    path: '/verify-email',
    language: 'de-DE',
    shows: /gilt nicht mehr/,
  },
  'channels-unproven': {
    role: 'user',
    mail: 'unproven',
    path: channelsPath,
    override: {
      '/api/auth/send-verification-email': (route) =>
        route.fulfill({ status: 429, headers: { 'retry-after': '600' }, json: { code: 'mail_quota_used' } }),
    },
    act: button('Send the link again'),
    shows: /Several mails were sent to this address just now. Try again in 10 minutes/,
  },
  channels: { role: 'user', path: channelsPath, shows: 'Ada Lovelace' },
  'channels-10': { role: 'user', channels: samples.many(10), path: channelsPath, shows: /^Ada Lovelace 1$/ },
  'channels-12': { role: 'user', channels: samples.many(12), path: channelsPath, shows: '12 channels' },
  'channels-130': { role: 'user', channels: samples.many(130), path: channelsPath, shows: '130 channels' },
  'channels-130-german': {
    role: 'user',
    channels: samples.many(130),
    path: channelsPath,
    language: 'de-DE',
    act: chooseSome(/auswählen$/),
    shows: '3 ausgewählt',
  },
  'channels-300': { role: 'user', channels: samples.many(300), path: channelsPath, shows: '300 channels' },
  'channels-none-fits': {
    role: 'user',
    channels: samples.many(30),
    path: channelsPath,
    act: (page) => page.getByRole('searchbox').fill('nobody'),
    shows: 'No channel fits',
  },
  'channels-row-open': {
    role: 'user',
    channels: samples.many(30),
    path: channelsPath,
    act: button(/^Everything about/),
    shows: 'What to do',
  },
  'channels-chosen': {
    role: 'user',
    channels: samples.many(30),
    path: channelsPath,
    act: async (page) => {
      await chooseSome(/^Choose /)(page)
      await button('Groups')(page)
    },
    shows: 'Groups of 3 channels',
    screen: true,
  },
  'channels-remove-many': {
    role: 'user',
    channels: samples.many(30),
    path: channelsPath,
    act: async (page) => {
      await chooseSome(/^Choose /)(page)
      await button('Remove')(page)
    },
    shows: 'Remove 3 channels?',
    screen: true,
  },
  'channels-checked': {
    role: 'user',
    channels: checkedChannels,
    path: channelsPath,
    override: {
      '/api/channels/verify': (route) => {
        const { ids } = route.request().postDataJSON() as { ids: string[] }
        const results = ids.map((id, index) => ({
          id,
          channel: index === 1 ? null : { ...checkedChannels.find((one) => one.id === id), revision: 2 },
          problem:
            index === 1
              ? { code: 'channel_not_connected', detail: 'It has no session.', retryAfterSeconds: null }
              : null,
        }))
        return route.fulfill({ json: { results } })
      },
    },
    act: async (page) => {
      await page.getByRole('checkbox', { name: /^Choose all/ }).check()
      await button('Check')(page)
      await page.getByText('What came of each').click()
    },
    shows: /^Check of \d+ channels$/,
  },
  'channels-german': {
    role: 'user',
    path: channelsPath,
    language: 'de-DE',
    shows: 'Handle und App-Passwort passen nicht zusammen',
  },
  'channels-buttons': { role: 'user', channels: samples.helped(), path: channelsPath, shows: 'Try now' },
  'channels-buttons-german': {
    role: 'user',
    channels: samples.helped(),
    path: channelsPath,
    language: 'de-DE',
    shows: 'Jetzt versuchen',
  },
  'channels-paused': { role: 'user', paused: true, path: channelsPath, shows: /nothing can be connected or checked/ },
  'channels-empty-paused': {
    role: 'admin',
    paused: true,
    channels: [],
    path: channelsPath,
    language: 'de-DE',
    shows: /zurzeit kann nichts verbunden oder geprüft werden/,
  },
  'channels-empty': { role: 'user', channels: [], path: channelsPath, shows: 'Connect your first account' },
  'channels-loading': { role: 'user', path: channelsPath, override: { '/api/channels': never }, shows: 'Channels' },
  'channels-failed': {
    role: 'user',
    path: channelsPath,
    override: { '/api/channels': fails },
    shows: 'This could not be loaded',
  },
  'channels-interrupted': { role: 'user', path: channelsPath, stream: false, shows: /Live updates are interrupted/ },
  'channels-offline': {
    role: 'user',
    path: channelsPath,
    act: (page) => page.context().setOffline(true),
    shows: /You are offline/,
  },
  crashed: {
    role: 'user',
    path: channelsPath,
    override: {
      '/api/channels': (route) =>
        route.fulfill({ json: { channels: [{ id: 'x', status: 'connected' }], nextCursor: null } }),
    },
    stream: false,
    shows: 'This page has stopped working',
    breaks: true,
  },
  'channel-details': {
    role: 'user',
    channels: samples.channels().slice(2, 3),
    path: channelsPath,
    act: button('Details'),
    shows: /Server’s answer/,
  },
  'channels-broken': {
    role: 'admin',
    channels: brokenChannels,
    path: channelsPath,
    act: lastButton('Details'),
    shows: 'Next check',
  },
  'channels-broken-german': {
    role: 'user',
    channels: brokenChannels,
    path: channelsPath,
    language: 'de-DE',
    act: lastButton('Einzelheiten'),
    shows: 'Nächste Prüfung',
  },
  'channel-menu': {
    role: 'user',
    path: channelsPath,
    act: button(/^More for Ada/),
    shows: 'Check again',
    screen: true,
  },
  'channel-remove': {
    role: 'user',
    path: channelsPath,
    act: async (page) => {
      await button(/^More for Ada/)(page)
      await page.getByRole('menuitem', { name: 'Remove' }).click()
    },
    shows: /Nothing changes on Bluesky itself/,
    screen: true,
  },
  'channel-remove-choice': {
    role: 'user',
    path: channelsPath,
    channels: [signedIn],
    override: {
      [`/api/channels/${signedIn.id}/app-passwords`]: (route) =>
        route.fulfill({ status: 202, json: { state: 'listed', appPasswords: samples.appPasswords() } }),
    },
    act: async (page) => {
      await button(/^More for/)(page)
      await page.getByRole('menuitem', { name: 'Remove' }).click()
      await page.getByRole('checkbox').check()
      await page.getByRole('radio').first().waitFor()
      await button('Remove channel')(page)
    },
    shows: 'Choose one, or leave them all there.',
    screen: true,
  },
  'channels-removed': { role: 'user', path: channelsPath, removals: samples.removals(), shows: /is being ended/ },
  'channel-asked': {
    role: 'user',
    path: channelsPath,
    channels: [
      samples.channel('action_required', 'Donald Knuth', {
        outcome: samples.outcome('wrong_server'),
        askedAt: samples.ago(3),
      }),
    ],
    shows: 'Copy a link for them',
  },
  'connect-empty': {
    role: 'user',
    channels: [],
    path: channelsPath,
    act: button('Connect Bluesky'),
    shows: /Use an app password/,
    screen: true,
  },
  'connect-hints': {
    role: 'user',
    channels: [],
    path: channelsPath,
    act: async (page) => {
      await button('Connect Bluesky')(page)
      await page.getByLabel('Handle').fill('ada')
      await page.getByLabel('App password', { exact: true }).fill('hunter2!')
    },
    shows: /does not look like an app password/,
    screen: true,
  },
  'connect-paused': {
    role: 'user',
    channels: [],
    path: channelsPath,
    override: {
      '/api/channels/bluesky': (route) =>
        route.fulfill({
          status: 403,
          json: {
            code: 'integration_disabled',
            detail: 'The administrator has paused Bluesky connections.',
            fix: 'Try again when they are switched on.',
          },
        }),
    },
    act: async (page) => {
      await button('Connect Bluesky')(page)
      await page.getByLabel('Handle').fill('ada.bsky.social')
      await page.getByLabel('App password', { exact: true }).fill('abcd-efgh-ijkl-mnop')
      await page.getByRole('dialog').getByRole('button', { name: 'Connect', exact: true }).click()
    },
    shows: /nothing can be connected or checked/,
    screen: true,
  },
  'connect-german': {
    role: 'user',
    channels: [],
    path: channelsPath,
    language: 'de-DE',
    act: button('Bluesky verbinden'),
    shows: /Kopieren Sie das Passwort/,
    screen: true,
  },
  reconnect: {
    role: 'user',
    path: channelsPath,
    channels: [samples.broken('Barbara Liskov')],
    act: button('Reconnect'),
    shows: /Reconnect Barbara/,
    screen: true,
  },
  'account-menu': { role: 'admin', path: channelsPath, act: button('Account menu'), shows: 'Appearance', screen: true },
  settings: { role: 'admin', path: settingsPath, shows: 'Last changes' },
  'settings-mail-off': { role: 'admin', mail: 'off', path: settingsPath, shows: /E-mail is off/ },
  'settings-saved': { role: 'admin', path: settingsPath, act: button('Save'), shows: /20 connections run again/ },
  'settings-wrong': {
    role: 'admin',
    path: settingsPath,
    override: {
      [settingsPath.replace('/admin', '/api/admin')]: (route) =>
        route.request().method() === 'PUT'
          ? route.fulfill({
              status: 422,
              body: JSON.stringify({
                code: 'invalid_input',
                detail: 'x',
                errors: [
                  { field: 'bluesky_service-url', message: 'must end after the host, without the path "/xrpc"' },
                ],
              }),
            })
          : route.fulfill({
              contentType: 'application/json',
              body: JSON.stringify(samples.options('https://pds.example.com')),
            }),
    },
    act: async (page) => {
      await page.getByLabel('Service URL').fill('https://pds.example.com/xrpc')
      await button('Save')(page)
    },
    shows: /without the path/,
  },
  'settings-confirm': {
    role: 'admin',
    path: settingsPath,
    override: {
      [settingsPath.replace('/admin', '/api/admin')]: (route) =>
        route.request().method() === 'PUT'
          ? route.fulfill({ status: 403, body: JSON.stringify({ code: 'fresh_session_needed', detail: 'x' }) })
          : route.fulfill({ json: samples.options('https://pds.example.com') }),
    },
    act: button('Save'),
    shows: 'Confirm that it is you',
    screen: true,
  },
  'settings-looking': {
    role: 'admin',
    path: settingsPath,
    override: { [optionsPath]: (route) => route.fulfill({ json: samples.options('', null) }) },
    shows: 'Looking at the server…',
  },
  'settings-meant': {
    role: 'admin',
    path: settingsPath,
    override: { [optionsPath]: (route) => route.fulfill({ json: samples.options(webPage, wrongLook) }) },
    shows: /is what people open in a browser/,
  },
  'settings-meant-german': {
    role: 'admin',
    path: settingsPath,
    language: 'de-DE',
    override: { [optionsPath]: (route) => route.fulfill({ json: samples.options(webPage, wrongLook) }) },
    shows: /öffnet man im Browser/,
  },
  'settings-loading': {
    role: 'admin',
    path: settingsPath,
    override: { '/api/admin/api-integration/bluesky': never },
    shows: 'Bluesky settings',
  },
  'settings-failed': {
    role: 'admin',
    path: settingsPath,
    override: { '/api/admin/api-integration/bluesky': fails },
    shows: 'This could not be loaded',
  },
  'settings-stale': {
    role: 'admin',
    path: settingsPath,
    override: { '/api/admin/api-integration/bluesky': failsLater(samples.options()) },
    shows: 'Data from 14:05; it cannot be refreshed at the moment.',
  },
  'settings-offline': {
    role: 'admin',
    path: settingsPath,
    act: (page) => page.context().setOffline(true),
    shows: /You are offline/,
  },
  'settings-suggestion': {
    role: 'admin',
    path: settingsPath,
    act: (page) => page.getByLabel('Service URL').fill('pds.example.com'),
    shows: 'Use https://pds.example.com',
  },
  'settings-long': { role: 'admin', path: settingsPath, override: longOverride, shows: 'Last changes' },
  connections: { role: 'admin', path: connectionsPath, shows: 'Next page' },
  'connections-german': { role: 'admin', path: connectionsPath, language: 'de-DE', shows: 'Nächste Seite' },
  'connections-filtered': {
    role: 'admin',
    path: `${connectionsPath}?outcome=wrong_server&user=ada@example.com`,
    shows: 'Try all 117 again',
  },
  'connections-chosen': {
    role: 'admin',
    path: `${connectionsPath}?sort=server&unseen=true`,
    act: (page) => page.getByRole('checkbox', { name: 'Choose all on this page' }).click(),
    shows: '15 chosen',
  },
  'connections-remove': {
    role: 'admin',
    path: connectionsPath,
    act: async (page) => {
      await page
        .getByRole('checkbox', { name: /^Choose donald/ })
        .first()
        .click()
      await button('Disconnect')(page)
    },
    shows: 'Disconnect 1 connection?',
    screen: true,
  },
  'connections-acted-german': {
    role: 'admin',
    path: connectionsPath,
    language: 'de-DE',
    override: { '/api/admin/connections/act': acted },
    act: async (page) => {
      await page.getByRole('checkbox', { name: 'Alle auf dieser Seite auswählen' }).click()
      await page
        .getByRole('group', { name: /ausgewählt/ })
        .getByRole('button', { name: 'Erneut versuchen' })
        .click()
    },
    shows: '2 Verbindungen laufen noch einmal.',
  },
  'connections-person': {
    role: 'admin',
    path: `${connectionsPath}?user=u0&status=all`,
    shows: /connections: 1,204 connected/,
  },
  'connections-none': {
    role: 'admin',
    path: connectionsPath,
    summary: { ...samples.summary(false), byOutcome: [], atServiceUrl: { connected: 0, failed: 0 } },
    override: { '/api/admin/connections': (route) => route.fulfill(none) },
    shows: 'Nothing needs attention',
  },
  'connections-loading': {
    role: 'admin',
    path: connectionsPath,
    override: { '/api/admin/connections': never, '/api/admin/connections/summary': never },
    shows: 'Connections',
  },
  'connections-failed': {
    role: 'admin',
    path: connectionsPath,
    override: { '/api/admin/connections': fails },
    shows: 'This could not be loaded',
  },
  'connections-stale': {
    role: 'admin',
    path: connectionsPath,
    override: { '/api/admin/connections/summary': failsLater(samples.summary()) },
    shows: 'Data from 14:05; it cannot be refreshed at the moment.',
  },
  'connections-offline': {
    role: 'admin',
    path: connectionsPath,
    act: async (page) => {
      await page.getByRole('button', { name: 'Next page' }).waitFor()
      await page.context().setOffline(true)
    },
    shows: /You are offline/,
  },
  'connections-long': { role: 'admin', path: connectionsPath, override: longOverride, shows: /^Something is wrong/ },
  'connection-open-long': {
    role: 'admin',
    path: `${connectionsPath}?open=${'0'.repeat(24)}`,
    override: longOverride,
    shows: 'Attempts',
    screen: true,
  },
  'connection-gone': {
    role: 'admin',
    path: `${connectionsPath}?open=${'0'.repeat(24)}`,
    shows: 'There is nothing here.',
    screen: true,
  },
  'connection-open-german': {
    role: 'admin',
    path: connectionsPath,
    language: 'de-DE',
    act: (page) =>
      page
        .getByRole('link', { name: /^donald.* öffnen/ })
        .first()
        .click(),
    shows: 'Was Sie tun können',
    screen: true,
  },
  'connection-open': {
    role: 'admin',
    path: connectionsPath,
    act: (page) =>
      page
        .getByRole('link', { name: /^Open donald/ })
        .first()
        .click(),
    shows: 'What you can do',
    screen: true,
  },
  'connections-retry-all': {
    role: 'admin',
    path: `${connectionsPath}?outcome=wrong_server`,
    act: button('Try all 117 again'),
    shows: /Try 117 connections again/,
    screen: true,
  },
  'sign-in-code': {
    role: null,
    path: '/sign-in',
    override: { '/api/auth/sign-in/email': (route) => route.fulfill({ json: { twoFactorRedirect: true } }) },
    act: signIn,
    shows: 'Enter your code',
  },
  'sign-in-code-wrong': {
    role: null,
    path: '/sign-in',
    override: {
      '/api/auth/sign-in/email': (route) => route.fulfill({ json: { twoFactorRedirect: true } }),
      '/api/auth/two-factor/verify-backup-code': (route) =>
        route.fulfill({ status: 401, json: { code: 'wrong_recovery_code' } }),
    },
    act: async (page) => {
      await signIn(page)
      await button('Use a recovery code')(page)
      await page.getByLabel('Recovery code').fill('aaaaa-bbbbb')
      await button('Sign in')(page)
    },
    shows: /none of your recovery codes/,
  },
  account: { role: 'user', path: accountPath, shows: 'Chrome · Windows' },
  'account-german': { role: 'user', secondFactor: 'on', path: accountPath, language: 'de-DE', shows: 'Diese Sitzung' },
  'account-mails-admin': { role: 'admin', path: accountPath, shows: 'When connects fail at a server' },
  'account-mails-unproven-german': {
    role: 'user',
    mail: 'unproven',
    path: accountPath,
    language: 'de-DE',
    shows: /Sie kommen erst, wenn user@example.com bestätigt ist/,
  },
  'account-mails-failed': {
    role: 'user',
    path: accountPath,
    override: { '/api/subscriptions': fails },
    shows: /it is not your fault/,
  },
  unsubscribe: { role: null, path: '/unsubscribe#channels.t', shows: 'Stop these mails' },
  'unsubscribe-over-german': {
    role: 'user',
    path: '/unsubscribe',
    language: 'de-DE',
    shows: /Dieser Link gilt nicht mehr/,
  },
  'account-loading': { role: 'user', path: accountPath, override: { '/api/sessions': never }, shows: 'Sessions' },
  'account-failed': {
    role: 'user',
    path: accountPath,
    override: { '/api/sessions': fails },
    shows: 'This could not be loaded',
  },
  'account-alone': {
    role: 'user',
    path: accountPath,
    override: { '/api/sessions': (route) => route.fulfill({ json: { sessions: samples.sessions().slice(0, 1) } }) },
    shows: 'You are signed in nowhere else.',
  },
  'account-set-up': { role: 'user', path: accountPath, act: beginSetUp, shows: /Or type this key/, screen: true },
  'account-recovery-codes': {
    role: 'user',
    path: accountPath,
    act: async (page) => {
      await beginSetUp(page)
      await page.getByRole('textbox', { name: 'Code' }).fill('123 456')
      await button('Turn on')(page)
    },
    shows: 'Keep these recovery codes',
    screen: true,
  },
  'account-turn-off': {
    role: 'user',
    secondFactor: 'on',
    path: accountPath,
    act: button('Turn off'),
    shows: 'Turn off the second factor?',
    screen: true,
  },
  'account-password-wrong': {
    role: 'user',
    path: accountPath,
    override: {
      '/api/auth/change-password': (route) => route.fulfill({ status: 400, json: { code: 'wrong_password' } }),
    },
    act: async (page) => {
      await page.getByLabel('Current password').fill('not this one')
      await page.getByLabel('New password').fill('correct horse battery')
      await button('Change password')(page)
    },
    shows: 'That is not your password.',
  },
  'account-delete': {
    role: 'user',
    path: accountPath,
    act: button('Delete account'),
    shows: 'This cannot be undone.',
    screen: true,
  },
  'second-factor-needed': {
    role: 'admin',
    secondFactor: 'needed',
    path: connectionsPath,
    shows: 'Set up your second factor',
  },
  ...incidentStates,
  ...peopleStates,
  'not-for-you': { role: 'user', path: connectionsPath, shows: 'This page is not for you' },
  'not-found': { role: 'user', path: '/nowhere', shows: 'There is nothing here' },
}

/** Every page is looked at wide and narrow, light and dark; all four of it when the pictures are what is wanted. */
function schemes(size: string): ('light' | 'dark')[] {
  if (process.env.PICTURES === 'all') return ['light', 'dark']
  return size === 'wide' ? ['light'] : ['dark']
}

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
declare const axe: typeof Axe

/** Runs in the page. */
async function seriousViolations(): Promise<string[]> {
  const { violations } = await axe.run({ resultTypes: ['violations'] })
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ impact, id, nodes }) => {
      const places = nodes.map(({ html, any }) => `${html.slice(0, 160)} (${any[0]?.message ?? ''})`)
      return `${impact} ${id}: ${places.join(' | ')}`
    })
}

test.for(Object.entries(states))('%s', { timeout: 60_000 }, async ([name, state]) => {
  const context = await browser.newContext({ ...wide, locale: state.language ?? 'en-GB', reducedMotion: 'reduce' })
  const page = await context.newPage()
  const broken: string[] = []
  page.on('pageerror', (error) => broken.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) broken.push(message.text())
  })
  await fakeApi(page, state)
  await page.goto(`${system.url}${state.path}`)
  await page.getByRole('heading').first().waitFor()
  await state.act?.(page)
  await page.getByText(state.shows).first().waitFor()

  const found: string[] = []
  // Once for each page: giving it to the page takes three times as long as running it.
  await page.evaluate(axeSource)
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport)
    for (const colorScheme of schemes(size)) {
      await page.emulateMedia({ colorScheme })
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor({ state: 'attached' })
      await page.screenshot({
        path: `${pictures}/${name}-${size}-${colorScheme}.png`,
        fullPage: !state.screen,
        animations: 'disabled',
      })
      found.push(...(await page.evaluate(seriousViolations)).map((each) => `${size} ${colorScheme} ${each}`))
    }
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(overflow, `${size}: wider than the screen`).toBeLessThanOrEqual(0)
  }
  expect(found).toEqual([])
  if (!state.breaks) expect(broken).toEqual([])
  await context.close()
})
