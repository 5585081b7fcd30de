// /api/openapi.json, made from the shapes that check the requests, and /api/docs, which shows it.
import { STATUS_CODES } from 'node:http'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Router } from 'express'
import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { cookiePrefix } from '../auth.ts'
import type { Config } from '../config.ts'
import * as shapes from '../contract.ts'
import type { ErrorCode } from '../errors.ts'

const { Channel, ConnectionFilter, PageQuery } = shapes

type More = Pick<ZodOpenApiOperationObject, 'description' | 'requestParams' | 'requestBody'> & {
  /** 200 where it is not said */
  status?: number
  /** codes, beside those of every call of its kind */
  errors?: ErrorCode[]
  /** a quota counts it */
  counted?: true
  /** it needs no session */
  open?: true
}
/** @param returns a content that is not JSON is named by its type */
const call = (summary: string, returns: z.ZodType | string | null, more: More = {}) => ({ summary, returns, ...more })
const contentOf = (type: string, schema: z.ZodType) => ({ content: { [type]: { schema } } })
const json = (schema: z.ZodType) => contentOf('application/json', schema)

const seconds = z.int().min(0)
const quotaHeaders = z.object({
  'RateLimit-Limit': z.int().describe('of the quota that has least left: how many in its time'),
  'RateLimit-Remaining': z.int().describe('how many of them are left'),
  'RateLimit-Reset': seconds.describe('seconds until it begins anew'),
})
const refusedHeaders = quotaHeaders.partial().extend({ 'Retry-After': seconds.optional().describe('seconds') })
const quotaCodes: ErrorCode[] = ['user_quota_used', 'address_quota_used']

/** What is looked for over everything may be too much at once, or take too long. */
const bounded: ErrorCode[] = ['too_many_requests', 'busy', 'took_too_long']

const linkToken = { path: z.object({ token: z.string().describe('out of the link') }) }

/** Every call, by method and path, with what it returns. */
export const calls = {
  'post /channels/bluesky': call('Connect a Bluesky account', Channel, {
    description:
      'Accepts the connect and works on it in the background; Location says where to look. The identifier is read as people copy it: with an @, in quotes, out of a link or of `Name (@handle)`; an international name becomes its ASCII form, and a bare name gets the first domain under which the server of the Service URL gives out handles. What is not surely one account is refused as `identifier_malformed`, with the reason, and so is a text that holds an app password. The same user and identifier in flight is the same channel. The password is sealed at once and destroyed as soon as it has signed in or cannot help any more, after 24 hours at the latest.',
    requestParams: {
      header: z.object({
        'Idempotency-Key': z.string().max(255).optional().describe('repeats within 24 hours lead to the same channel'),
      }),
    },
    requestBody: json(shapes.ConnectBody),
    status: 202,
    errors: [
      'bad_request',
      'identifier_malformed',
      'password_not_app_format',
      'idempotency_key_reused',
      'integration_disabled',
      'too_many_in_flight',
    ],
    counted: true,
  }),
  'get /channels': call('List your channels, those that need somebody first', shapes.ChannelPage, {
    description:
      'By status: `action_required` and `failed`, then `retrying`, then what is under way, then `connected`; the newest first within each. A channel that changes its status while one pages may come twice, or not: the event stream tells of it.',
    requestParams: { query: PageQuery },
    errors: ['invalid_input', 'bad_request'],
  }),
  'get /channels/summary': call(
    'How many of your channels need somebody, how many are connected, and when they were checked',
    shapes.ChannelSummary,
  ),
  'get /channels/events': call('Follow your channels as server-sent events', 'text/event-stream', {
    description:
      'Events: `snapshot` ({channels}, the first 100 of the list) on connecting and after a gap, `channel` (a channel) at every change that can be seen, `removed` ({id, mergedInto}), `removal` (as in `GET /removals`) when the session of a removed channel has come to its end. A stream ends with the session that opened it; a user has at most 20 (`too_many_streams`), and one on which more than 1 MB waits is closed.',
    errors: ['busy'],
  }),
  'get /channels/{id}': call('Look at one channel with its attempts', shapes.ChannelWithAttempts, {
    description: 'A channel that was merged into another responds with 308 with the Location of that one.',
  }),
  'delete /channels/{id}': call('Remove a channel', null, {
    description:
      'The channel is gone at once; a worker ends the session at the server that opened it and forgets the secrets. `GET /removals` tells how that ended. With `appPassword`, an id out of `GET /channels/{id}/app-passwords`, that app password is deleted at the server first: that one and no other, and nothing but the session is touched without.',
    requestParams: { query: shapes.RemoveQuery },
    status: 204,
    errors: ['app_password_unknown'],
  }),
  'post /channels/{id}/app-passwords': call('Ask the server for the names of the app passwords', shapes.AppPasswords, {
    description:
      'A worker renews the session and asks. No server tells which of them a session was opened with: only where there is one alone, it is that one.',
    status: 202,
    errors: ['channel_not_connected'],
    counted: true,
  }),
  'get /channels/{id}/app-passwords': call('What the server said of the app passwords', shapes.AppPasswords, {
    description: 'Kept for ten minutes.',
  }),
  'get /removals': call('What became of the sessions of removed channels', shapes.RemovalList, {
    description: 'Kept for 30 days, or until it is put away.',
  }),
  'delete /removals/{id}': call('Put away how a removal ended', null, { status: 204 }),
  'post /channels/{id}/reconnect': call('Sign in again with a new app password of the same account', Channel, {
    requestBody: json(shapes.ReconnectBody),
    status: 202,
    errors: ['invalid_input', 'password_not_app_format', 'integration_disabled', 'too_many_in_flight'],
    counted: true,
  }),
  'post /channels/{id}/verify': call('Prove again that the channel can post', Channel, {
    status: 202,
    errors: ['channel_not_connected', 'integration_disabled', 'too_many_in_flight'],
    counted: true,
  }),
  'post /channels/{id}/ask': call('Ask the administrator for help with a channel', Channel, {
    description:
      'Marks it in the list of the administrators, for as long as it stands as it does. Where an administrator cannot help: `not_for_admin`.',
    errors: ['not_for_admin'],
  }),
  'post /channels/{id}/retry': call('Try the failed step of a channel again now', Channel, {
    description:
      'For what waits for its next try (`retry` is `possible`). What is under way already is left alone. `channel_busy` where the server named the time of the next try, with `Retry-After`.',
    status: 202,
    errors: ['channel_not_connected', 'channel_busy', 'integration_disabled', 'too_many_in_flight'],
    counted: true,
  }),
  'get /sessions': call('List your own sessions', shapes.SessionList),
  'delete /sessions': call('End all your sessions except the one that asks', shapes.EndedSessions),
  'delete /sessions/{id}': call('End one of your sessions', null, { status: 204 }),
  'post /address-proof': call('Prove an e-mail address with the token of the link that was sent there', shapes.Proven, {
    description: 'Needs no session. `mail_off` where the installation sends no e-mail.',
    requestBody: json(shapes.ProofBody),
    errors: ['link_invalid', 'mail_off'],
    counted: true,
    open: true,
  }),
  'get /subscriptions': call('Which mails you get', shapes.Subscriptions, {
    description: 'Mails go to a proven address, and only where the installation sends e-mail.',
  }),
  'put /subscriptions': call('Choose which mails you get', shapes.Subscriptions, {
    requestBody: json(shapes.SubscriptionsBody),
  }),
  'get /unsubscribe/{token}': call('From a mail to the page that switches such mails off', null, {
    description: 'Changes nothing.',
    requestParams: linkToken,
    status: 303,
    open: true,
  }),
  'post /unsubscribe/{token}': call('Switch the mails of a kind off, by the link of one of them', shapes.Unsubscribed, {
    description: 'Needs no session. A mail program sends it by itself (RFC 8058); what the body holds does not matter.',
    requestParams: linkToken,
    errors: ['link_invalid'],
    open: true,
  }),
  'get /admin/api-integration/bluesky': call(
    'Read the options, with what is in effect, where it comes from and what was found there',
    shapes.ShownOptions,
  ),
  'put /admin/api-integration/bluesky': call('Save the options', shapes.SavedOptions, {
    description:
      'An empty value means the environment, then the default. The Service URL is saved whatever stands there; a worker looks at it, and `look` is null until it has. Runs again what the old value broke; of those that failed for another Service URL, the ones whose accounts live at the new one. Where accounts on other servers are followed, all of them run again. Another Service URL, and another value for accounts on other servers, need a sign-in, or a password sent to `POST /api/auth/verify-password`, of the last ten minutes.',
    requestBody: json(shapes.OptionsBody),
    errors: ['fresh_session_needed'],
  }),
  'post /admin/api-integration/bluesky/look': call('Look at the Service URL again', shapes.ShownOptions, {
    description:
      'A worker asks the server what it is (`describeServer`), without signing in: `look` is null until it has. It looks by itself when the Service URL is saved, at a start, daily, and every five minutes while something is wrong.',
    status: 202,
  }),
  'get /admin/audit': call('What administrators did, who, to whom and when, newest first', shapes.AuditPage, {
    requestParams: { query: shapes.AuditQuery },
    errors: ['invalid_input', 'bad_request'],
  }),
  'get /admin/connections': call('List the channels of all users, failures first', shapes.ConnectionPage, {
    requestParams: { query: shapes.ConnectionQuery },
    errors: ['invalid_input', 'bad_request', ...bounded],
  }),
  'get /admin/connections/summary': call(
    'Counts by outcome and hour, and the incident if there is one',
    shapes.Summary,
    { errors: ['took_too_long'] },
  ),
  'get /admin/connections.csv': call('The filtered list as a file for a spreadsheet', 'text/csv', {
    requestParams: { query: ConnectionFilter },
    errors: ['invalid_input', ...bounded],
  }),
  'get /admin/connections/retry': call('How many failed channels of a filter can run again', shapes.Retriable, {
    requestParams: { query: ConnectionFilter },
    errors: ['invalid_input', ...bounded],
  }),
  'post /admin/connections/retry': call('Run the failed step of every channel of a filter again', shapes.Retried, {
    description:
      'Takes what the list takes, and at least one of it, or `all`. They begin some at a time, those that wait for a time that their server named excepted.',
    requestBody: json(shapes.RetryBody),
    errors: ['integration_disabled'],
    counted: true,
  }),
  'get /admin/connections/{id}': call('Look at one channel of any user', shapes.ConnectionWithAttempts),
  'delete /admin/connections/{id}': call('Disconnect a channel of any user', null, {
    description: 'As if its user had removed it: ends the session on the server and forgets the secrets.',
    status: 204,
  }),
  'post /admin/connections/{id}/retry': call('Run the failed step of a channel again', shapes.Connection, {
    status: 202,
    errors: ['channel_not_connected', 'channel_busy', 'integration_disabled'],
    counted: true,
  }),
}

const id = { path: z.object({ id: z.string().describe('id of the channel, session or removal') }) }
const paths: ZodOpenApiPathsObject = {}
for (const [name, { status = 200, returns, errors = [], counted, open, ...said }] of Object.entries(calls)) {
  const [method = '', path = ''] = name.split(' ')
  const isAdmin = path.startsWith('/admin/')
  const notFound =
    {
      sessions: 'session_not_found',
      removals: 'removal_not_found',
    }[path.split('/')[1] ?? ''] ?? 'channel_not_found'
  const isOfOne = path.includes('{id}')
  const codes = [
    ...(open ? [] : ['not_signed_in']),
    ...(isAdmin ? ['not_for_you', 'second_factor_needed'] : []),
    ...(method === 'get' ? [] : ['foreign_origin']),
    ...(said.requestBody ? ['invalid_input', 'too_large', 'unsupported_media_type'] : []),
    ...(isOfOne ? [notFound] : []),
    ...errors,
    ...(counted ? quotaCodes : []),
  ]
  const content = typeof returns === 'string' ? contentOf(returns, z.string()) : returns && json(returns)
  const operation: ZodOpenApiOperationObject = {
    tags: [path.split('/')[1] ?? ''],
    ...said,
    ...(open ? { security: [] } : {}),
    ...(isOfOne ? { requestParams: { ...said.requestParams, ...id } } : {}),
    responses: {
      [status]: { description: STATUS_CODES[status] ?? '', ...content, ...(counted ? { headers: quotaHeaders } : {}) },
      default: {
        description: `An error. Codes: ${codes.join(', ')}.`,
        ...contentOf('application/problem+json', shapes.Problem),
        ...(counted ? { headers: refusedHeaders } : {}),
      },
    },
  }
  paths[`/api${path}`] = { ...paths[`/api${path}`], [method]: operation }
}

const openApi = (baseUrl: string) =>
  createDocument({
    openapi: '3.1.0',
    info: {
      title: 'bluesky-connect',
      version: '0.1.0',
      description:
        'Sign in at `POST /api/auth/sign-in/email` with {email, password}: the response sets a cookie for browsers and a `set-auth-token` header, which scripts send as a bearer token, as it is: it is signed, and the `token` of the body is not a key. An account with a second factor gets `twoFactorRedirect` and a cookie instead: send that cookie with `POST /api/auth/two-factor/verify-totp` or `/verify-backup-code` and {code}; the response to it is that of a sign-in. Tries are counted by address and account: 429 with `Retry-After` and the code `address_quota_used` or `sign_in_delayed`.',
    },
    servers: [{ url: baseUrl }],
    security: [{ session: [] }, { bearer: [] }],
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: `${cookiePrefix(baseUrl)}.session_token` },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
    paths,
  })

const PAGES = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/swagger-ui.css')))
/** All that the page asks for, of a package with much more in it. */
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js']
const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bluesky-connect API</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body><div id="ui"></div><script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></body></html>`
const start = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#ui' })`

export function docsRoutes({ http }: Pick<Config, 'http'>): Router {
  const document = openApi(http.baseUrl)
  return Router()
    .get('/openapi.json', (_request, response) => response.json(document))
    .get('/docs', (_request, response) => response.type('html').send(page))
    .get('/docs/start.js', (_request, response) => response.type('js').send(start))
    .get(
      FILES.map((name) => `/docs/${name}`),
      (request, response) => response.sendFile(basename(request.path), { root: PAGES }),
    )
}
