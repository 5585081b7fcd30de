// /api/openapi.json, made from the shapes that check the requests, and /api/docs, which shows it.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import express, { Router } from 'express'
import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import type { Config } from '../config.ts'
import {
  AuditPage,
  Channel,
  ChannelPage,
  ChannelWithAttempts,
  ConnectBody,
  ConnectionFilter,
  ConnectionPage,
  ConnectionQuery,
  Connection,
  ConnectionWithAttempts,
  Options,
  OptionsBody,
  PageQuery,
  Problem,
  ReconnectBody,
  Retriable,
  Retried,
  RetryBody,
  SavedOptions,
  Summary,
} from '../contract.ts'

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } })
const responsesOf = (status: number, description: string, schema?: z.ZodType, errors: string[] = []) => ({
  [status]: { description, ...(schema ? json(schema) : {}) },
  default: {
    description: ['An error.', ...(errors.length > 0 ? [`Codes: ${errors.join(', ')}.`] : [])].join(' '),
    content: { 'application/problem+json': { schema: Problem } },
  },
})
const id = { path: z.object({ id: z.string().describe('id of the channel') }) }
const operation = (
  tag: string,
  summary: string,
  rest: Omit<ZodOpenApiOperationObject, 'tags' | 'summary'>,
): ZodOpenApiOperationObject => ({
  tags: [tag],
  summary,
  ...rest,
})

const paths: ZodOpenApiPathsObject = {
  '/api/channels/bluesky': {
    post: operation('channels', 'Connect a Bluesky account', {
      description:
        'Accepts the connect and works on it in the background. The same user and identifier in flight is the same channel. The password is sealed at once and destroyed when the sign-in is over.',
      requestParams: {
        header: z.object({
          'Idempotency-Key': z
            .string()
            .max(255)
            .optional()
            .describe('repeats within 24 hours lead to the same channel'),
        }),
      },
      requestBody: json(ConnectBody),
      responses: responsesOf(202, 'Accepted; Location says where to look', Channel, [
        'invalid_input',
        'identifier_malformed',
        'password_not_app_format',
        'idempotency_key_reused',
        'integration_disabled',
        'not_signed_in',
        'foreign_origin',
      ]),
    }),
  },
  '/api/channels': {
    get: operation('channels', 'List your channels, newest first', {
      requestParams: { query: PageQuery },
      responses: responsesOf(200, 'A page', ChannelPage),
    }),
  },
  '/api/channels/events': {
    get: operation('channels', 'Follow your channels as server-sent events', {
      description:
        'Events: `snapshot` ({channels}, the newest 100) on connecting and after a gap, `channel` (a channel) at every change, `removed` ({id, mergedInto}).',
      responses: { 200: { description: 'The stream', content: { 'text/event-stream': { schema: z.string() } } } },
    }),
  },
  '/api/channels/{id}': {
    get: operation('channels', 'Look at one channel with its attempts', {
      description: 'A channel that was merged into another responds with 308 with the Location of that one.',
      requestParams: id,
      responses: responsesOf(200, 'The channel', ChannelWithAttempts, ['channel_not_found']),
    }),
    delete: operation('channels', 'Remove a channel', {
      description: 'Ends the session on the server and forgets the secrets.',
      requestParams: id,
      responses: responsesOf(204, 'Removed', undefined, ['channel_not_found']),
    }),
  },
  '/api/channels/{id}/reconnect': {
    post: operation('channels', 'Sign in again with a new app password of the same account', {
      requestParams: id,
      requestBody: json(ReconnectBody),
      responses: responsesOf(202, 'Accepted', Channel, [
        'channel_not_found',
        'password_not_app_format',
        'integration_disabled',
      ]),
    }),
  },
  '/api/channels/{id}/verify': {
    post: operation('channels', 'Prove again that the channel can post', {
      requestParams: id,
      responses: responsesOf(202, 'Accepted', Channel, [
        'channel_not_found',
        'channel_not_connected',
        'integration_disabled',
      ]),
    }),
  },
  '/api/admin/api-integration/bluesky': {
    get: operation('admin', 'Read the options, with what is in effect and where it comes from', {
      responses: responsesOf(200, 'The options', Options, ['not_for_you']),
    }),
    put: operation('admin', 'Save the options', {
      description: 'An empty Service URL means the environment, then the default. Runs again what the old value broke.',
      requestBody: json(OptionsBody),
      responses: responsesOf(200, 'Saved', SavedOptions, ['invalid_input', 'not_for_you']),
    }),
  },
  '/api/admin/audit': {
    get: operation('admin', 'Who changed which option, when, from what to what', {
      requestParams: { query: PageQuery },
      responses: responsesOf(200, 'A page, newest first', AuditPage, ['not_for_you']),
    }),
  },
  '/api/admin/connections': {
    get: operation('admin', 'List the channels of all users, failures first', {
      requestParams: { query: ConnectionQuery },
      responses: responsesOf(200, 'A page', ConnectionPage, ['not_for_you', 'invalid_input', 'bad_request']),
    }),
  },
  '/api/admin/connections/summary': {
    get: operation('admin', 'Counts by outcome and hour, and the incident if there is one', {
      responses: responsesOf(200, 'The summary', Summary, ['not_for_you']),
    }),
  },
  '/api/admin/connections.csv': {
    get: operation('admin', 'The filtered list as a file for a spreadsheet', {
      requestParams: { query: ConnectionFilter },
      responses: { 200: { description: 'The file', content: { 'text/csv': { schema: z.string() } } } },
    }),
  },
  '/api/admin/connections/retry': {
    get: operation('admin', 'How many failed channels of a filter can run again', {
      requestParams: { query: ConnectionFilter },
      responses: responsesOf(200, 'How many', Retriable, ['not_for_you', 'invalid_input']),
    }),
    post: operation('admin', 'Run the failed step of every channel of a filter again', {
      description:
        'Takes what the list takes, and at least one of it, or `all`. They begin some at a time, those that wait for a time that their server named excepted.',
      requestBody: json(RetryBody),
      responses: responsesOf(200, 'How many', Retried, ['not_for_you', 'invalid_input', 'integration_disabled']),
    }),
  },
  '/api/admin/connections/{id}': {
    get: operation('admin', 'Look at one channel of any user', {
      requestParams: id,
      responses: responsesOf(200, 'The channel', ConnectionWithAttempts, ['not_for_you', 'channel_not_found']),
    }),
  },
  '/api/admin/connections/{id}/retry': {
    post: operation('admin', 'Run the failed step of a channel again', {
      requestParams: id,
      responses: responsesOf(202, 'Accepted', Connection, [
        'not_for_you',
        'channel_not_found',
        'channel_not_connected',
        'channel_busy',
        'integration_disabled',
      ]),
    }),
  },
}

const openApi = (baseUrl: string) =>
  createDocument({
    openapi: '3.1.0',
    info: {
      title: 'bluesky-connect',
      version: '0.1.0',
      description:
        'Sign in at `POST /api/auth/sign-in/email` with {email, password}: the response sets a cookie for browsers and a `set-auth-token` header, which scripts send as a bearer token.',
    },
    servers: [{ url: baseUrl }],
    security: [{ session: [] }, { bearer: [] }],
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'bluesky-connect.session_token' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
    paths,
  })

const PAGES = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/swagger-ui.css')))
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
    .use('/docs', express.static(PAGES, { index: false, maxAge: '1d' }))
}
