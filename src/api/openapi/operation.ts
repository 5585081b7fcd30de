// An operation of the HTTP interface as it is written down, and what the OpenAPI document makes of it.
import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import type { ZodOpenApiOperationObject, ZodOpenApiResponseObject } from 'zod-openapi'
import { Problem } from '../../contract.ts'
import { statusOf, type ErrorCode } from '../../errors.ts'

interface Params {
  path?: z.ZodObject
  query?: z.ZodObject
  header?: z.ZodObject
}
type ResponseHeader = keyof typeof headers

interface More {
  description?: string
  params?: Params
  body?: z.ZodType
  /** it is understood without a body as well */
  bodyOptional?: true
  /** 200 where it is not said */
  status?: number
  /** headers of a good answer */
  headers?: ResponseHeader[]
  /** beside those of every operation of its kind */
  errors?: ErrorCode[]
  /** a quota counts it */
  counted?: true
  /** it needs no session */
  open?: true
  /** answers that are neither good nor refusals, by their status */
  also?: Record<number, { description: string; returns?: z.ZodType; headers?: ResponseHeader[] }>
}

export type Operation = ReturnType<typeof operation>

/** @param returns a content that is not JSON is named by its type */
export const operation = (
  id: string,
  summary: string,
  returns: z.ZodType | `${string}/${string}` | null,
  more: More = {},
) => ({ id, summary, returns, ...more })

const text = { type: 'string' } as const
const count = { type: 'integer', minimum: 0 } as const
/** By their names. What every answer of its kind has is required. */
export const headers = {
  'X-Request-Id': { description: 'found in the log', required: true, schema: { type: 'string', format: 'uuid' } },
  Location: { description: 'where to look', required: true, schema: text },
  'WWW-Authenticate': { description: 'what to sign in with', required: true, schema: { const: 'Bearer' } },
  'Retry-After': { description: 'seconds after which it is worth trying again', schema: count },
  'RateLimit-Limit': { description: 'of the quota that has least left: how many in its time', schema: count },
  'RateLimit-Remaining': { description: 'how many of them are left', schema: count },
  'RateLimit-Reset': { description: 'seconds until it begins anew', schema: count },
  'set-auth-token': { description: 'the bearer token, to be sent as it is', schema: text },
  'Set-Cookie': { description: 'the session, for browsers', schema: text },
  'Content-Disposition': { description: 'a name for the file', schema: text },
} as const
export const rateLimit = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'] as const

const headersOf = (...names: ResponseHeader[]) =>
  Object.fromEntries(['X-Request-Id', ...names].map((name) => [name, { $ref: `#/components/headers/${name}` }]))

const isAdmin = (path: string) => /^\/api\/(auth\/)?admin\//.test(path)

const missing: Record<string, ErrorCode> = {
  channels: 'channel_not_found',
  connections: 'channel_not_found',
  sessions: 'session_not_found',
  removals: 'removal_not_found',
  people: 'user_not_found',
}

/** Every code that it may refuse with. @param name method and path */
export function errorCodes(name: string, { open, body, errors = [], counted, params }: Operation): ErrorCode[] {
  const [method = '', path = ''] = name.split(' ')
  const [, ofWhat = ''] = /\/(\w+)\/\{id\}/.exec(path) ?? []
  const asksStores = path.startsWith('/api/') && !/^\/api\/(about|docs|openapi\.json|page-errors)$/.test(path)
  const codes: ErrorCode[] = [
    ...(open ? [] : (['not_signed_in'] as const)),
    ...(isAdmin(path) ? (['not_for_you', 'second_factor_needed'] as const) : []),
    ...(method === 'get' ? [] : (['foreign_origin', 'bad_request', 'too_large', 'unsupported_media_type'] as const)),
    ...(path.includes('{') ? (['bad_request'] as const) : []),
    ...(body || params?.query ? (['invalid_input'] as const) : []),
    ...(missing[ofWhat] ? [missing[ofWhat]] : []),
    ...errors,
    ...(counted ? (['user_quota_used', 'address_quota_used'] as const) : []),
    ...(asksStores ? (['store_away'] as const) : []),
    'internal',
  ]
  return [...new Set(codes)]
}

/** @param name method and path */
export function describeOperation(name: string, tag: string, said: Operation): ZodOpenApiOperationObject {
  const [, path = ''] = name.split(' ')
  const { id, summary, description, params, body, bodyOptional, returns, status = 200, counted, open, also = {} } = said
  const content = typeof returns === 'string' ? contentOf(returns, z.string()) : returns && json(returns)
  const good = [...(said.headers ?? []), ...(counted ? rateLimit : [])]
  const idParam = { path: z.object({ id: z.string().describe('id of the channel, session, removal or person') }) }
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description ? { description } : {}),
    ...(open ? { security: [] } : {}),
    requestParams: { ...(path.includes('{id}') ? idParam : {}), ...params },
    ...(body ? { requestBody: { required: !bodyOptional, ...json(body) } } : {}),
    responses: {
      [status]: { description: STATUS_CODES[status] ?? '', headers: headersOf(...good), ...content },
      ...Object.fromEntries(
        Object.entries(also).map(([code, { description, returns, headers: its = [] }]) => [
          code,
          { description, headers: headersOf(...its), ...(returns && json(returns)) },
        ]),
      ),
      ...refusals(errorCodes(name, said), counted),
    },
  }
}

function refusals(codes: ErrorCode[], counted: true | undefined): Record<string, ZodOpenApiResponseObject> {
  const byStatus = Map.groupBy(codes, statusOf)
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => {
      const description = `${STATUS_CODES[status]}. Code: ${of.map((code) => `\`${code}\``).join(', ')}.`
      return [
        String(status),
        {
          description,
          headers: headersOf(...refusedHeaders(status, counted)),
          ...contentOf('application/problem+json', Problem),
        },
      ]
    }),
  )
}

function refusedHeaders(status: number, counted: true | undefined): ResponseHeader[] {
  const own = { 401: 'WWW-Authenticate', 429: 'Retry-After', 503: 'Retry-After' } as const
  return [...(status in own ? [own[status as keyof typeof own]] : []), ...(counted ? rateLimit : [])]
}

const contentOf = (type: string, schema: z.ZodType) => ({ content: { [type]: { schema } } })
const json = (schema: z.ZodType) => contentOf('application/json', schema)
