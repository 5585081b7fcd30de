// Answers a page's calls from samples, so that every state of every page can be looked at.
import type { Page, Route } from 'playwright-core'
import type { Channel, Removal, Summary } from '../../src/contract.ts'
import * as samples from './samples.ts'

export interface FakeApi {
  role: 'user' | 'admin' | null
  secondFactor?: 'on' | 'needed'
  paused?: true
  /** off; or on, and the address is still to be proved */
  mail?: 'off' | 'unproven'
  channels?: Channel[]
  removals?: Removal[]
  summary?: Summary
  /** false: the event stream breaks at once */
  stream?: boolean
  /** answers of single paths: a body, an error, or never */
  override?: Record<string, (route: Route) => unknown>
}

const json = (route: Route, body: unknown, status = 200) =>
  route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) })

export const never = () => new Promise(() => undefined)

export const fails = (route: Route) =>
  route.fulfill({
    status: 500,
    contentType: 'application/problem+json',
    body: JSON.stringify({
      type: 'about:blank',
      title: 'Something went wrong on our side',
      status: 500,
      code: 'internal',
      detail: 'That did not work, and it is not your fault. Please try again.',
      requestId: '7b0f5a44-0d1e-4a54-9a34-0e6c4b7a6d55',
    }),
  })

/** Runs in the page: an event stream that stays open, which an answer made up by the test cannot. */
function openStream(channels: Channel[]) {
  class Stream extends EventTarget {
    readyState = 1
    constructor() {
      super()
      Object.assign(window, { stream: this })
      setTimeout(() => this.dispatchEvent(new MessageEvent('snapshot', { data: JSON.stringify({ channels }) })))
    }
    close() {
      this.readyState = 2
    }
  }
  Object.assign(window, { EventSource: Object.assign(Stream, { CLOSED: 2 }) })
}

/** Sends an event down the stream that is open. */
export const tell = (page: Page, name: string, data: object) =>
  page.evaluate(
    ([event, text]) => {
      const { stream } = window as unknown as { stream: EventTarget }
      stream.dispatchEvent(new MessageEvent(event, { data: text }))
    },
    [name, JSON.stringify(data)] as const,
  )

/** Whatever a page asks of /api is answered from here, at a fixed time of day. */
export async function fakeApi(
  page: Page,
  {
    role,
    secondFactor,
    paused,
    mail,
    channels = samples.channels(),
    removals = [],
    summary,
    stream = true,
    override = {},
  }: FakeApi,
) {
  await page.clock.setFixedTime(samples.now)
  if (stream) await page.addInitScript(openStream, channels.slice(0, 100))
  const about = summary ?? samples.summary()
  const connections = samples.connections()
  const answers: Record<string, (route: Route) => unknown> = {
    '/api/about': (route) => json(route, { signUpOpen: true, mail: mail !== 'off' }),
    '/api/me': (route) =>
      role
        ? json(route, {
            id: 'u1',
            email: `${role}@example.com`,
            role,
            secondFactor: secondFactor === 'on',
            secondFactorNeeded: secondFactor === 'needed',
            signUpOpen: true,
            mail: mail !== 'off',
            emailVerified: mail !== 'unproven',
            paused: paused === true,
            handleDomain: '.bsky.social',
          })
        : json(route, { code: 'not_signed_in', detail: 'Please sign in first.' }, 401),
    '/api/sessions': (route) => json(route, { sessions: samples.sessions() }),
    '/api/subscriptions': (route) => json(route, { channels: true, incidents: role === 'admin' ? true : null }),
    '/api/auth/two-factor/enable': (route) => json(route, samples.setUp),
    '/api/auth/two-factor/verify-totp': (route) => json(route, {}),
    '/api/auth/request-password-reset': (route) => json(route, { status: true }),
    '/api/channels': (route) => json(route, { channels, nextCursor: null }),
    '/api/channels/events': fails,
    '/api/channels/summary': (route) => json(route, samples.ownSummary(channels)),
    '/api/removals': (route) => json(route, { removals }),
    '/api/admin/api-integration/bluesky': (route) =>
      json(route, { ...samples.options(), ...(route.request().method() === 'PUT' ? { retried: 20, waiting: 0 } : {}) }),
    '/api/admin/api-integration/bluesky/look': (route) => json(route, samples.options('', null), 202),
    // The notice of where passwords go asks for its options, and would stand on every page.
    '/api/admin/incidents/open': (route) =>
      json(route, { incidents: about.incident ? [about.incident] : [], ended: null }),
    '/api/admin/incidents': (route) => json(route, { incidents: [], nextCursor: null }),
    '/api/admin/audit': (route) =>
      json(route, { entries: route.request().url().includes('option=') ? [] : samples.audit(), nextCursor: null }),
    '/api/admin/connections': (route) => json(route, { connections, nextCursor: 'next' }),
    '/api/admin/connections/summary': (route) => json(route, about),
    '/api/admin/connections/counts': (route) =>
      json(route, { byStatus: about.byStatus, more: false, at: samples.ago(0) }),
    '/api/admin/connections/retry': (route) => json(route, { count: 117 }),
  }
  await page.route('**/api/**', (route) => {
    const { pathname } = new URL(route.request().url())
    const answer = override[pathname] ?? answers[pathname]
    if (answer) return answer(route)
    const one = channels.find(({ id }) => pathname === `/api/channels/${id}`)
    if (one) return json(route, { ...one, attempts: samples.attempts() })
    const connection = connections.find(({ id }) => pathname === `/api/admin/connections/${id}`)
    if (connection) return json(route, { ...connection, attempts: samples.attempts().slice(2), sameServer: null })
    return json(route, { code: 'not_found', detail: 'There is nothing here.', status: 404 }, 404)
  })
  return { channels, connections }
}
