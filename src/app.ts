// Builds the Express application from a context; never listens.
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import compression from 'compression'
import express, { type ErrorRequestHandler, type Express } from 'express'
import helmet from 'helmet'
import { pinoHttp } from 'pino-http'
import { accountRoutes } from './api/accounts.ts'
import { adminConnectionRoutes } from './api/admin-connections.ts'
import { adminRoutes } from './api/admin-options.ts'
import { channelRoutes } from './api/channels.ts'
import { channelEventRoutes } from './api/channel-events.ts'
import { handOnAddress } from './api/client-address.ts'
import { docsRoutes } from './api/docs.ts'
import { meRoutes } from './api/me.ts'
import { pageErrorRoutes } from './api/page-errors.ts'
import { createQuotas } from './api/quotas.ts'
import { ownOriginOnly, requestId } from './api/guards.ts'
import type { Auth } from './auth.ts'
import type { Context } from './context.ts'
import { AppError, problem } from './errors.ts'
import { health } from './health.ts'
import type { Changes } from './events.ts'

/** What the front door stands on. */
export interface ApiContext extends Context {
  auth: Auth
  changes: Changes
}

const PAGES = resolve(import.meta.dirname, '../dist/web')

export function createApp(context: ApiContext): Express {
  const { config, log } = context
  const quotas = createQuotas(context)
  const app = express()
  app.disable('x-powered-by').set('trust proxy', config.http.trustProxy)
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'self'"],
          'script-src': ["'self'"],
          'connect-src': ["'self'"],
          'style-src': ["'self'"],
          // Avatars come from whichever server an account lives on.
          'img-src': ["'self'", 'data:', 'https:', ...(config.bluesky.allowPrivateNetwork ? ['http:'] : [])],
          'object-src': ["'none'"],
          'base-uri': ["'none'"],
          'form-action': ["'self'"],
          'frame-ancestors': ["'none'"],
        },
      },
      strictTransportSecurity: config.http.baseUrl.startsWith('https:'),
    }),
  )
  app.use(
    pinoHttp({
      logger: log,
      genReqId: (request, response) => {
        const given = request.headers['x-request-id']
        const id = typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID()
        response.setHeader('X-Request-Id', id)
        return id
      },
      customAttributeKeys: { reqId: 'requestId' },
      quietReqLogger: true,
      // One line a request, made of what is harmless: no headers, no query, no body.
      serializers: {
        req: ({ method, url }: { method: string; url: string }) => ({ method, path: url.split('?')[0] }),
        res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
        err: ({ type, message, stack }: { type: string; message: string; stack: string }) => ({ type, message, stack }),
      },
      customLogLevel: (_request, { statusCode }) => (statusCode >= 500 ? 'error' : 'info'),
      autoLogging: { ignore: ({ url }) => url === '/healthz' || url === '/readyz' },
    }),
  )
  app.get(['/healthz', '/readyz'], async (request, response) => {
    const { status = 404, body } = (await health(context, request.path)) ?? {}
    response.status(status).json(body)
  })
  app.use(ownOriginOnly(config), handOnAddress)
  app.all(
    '/api/auth/*path',
    (request, _response, next) => {
      request.headers['x-request-id'] = requestId(request)
      next()
    },
    accountRoutes(context, quotas),
  )
  app.use('/api', express.json({ limit: '32kb' }))
  app.use(
    '/api',
    docsRoutes(config),
    pageErrorRoutes(),
    meRoutes(context),
    channelEventRoutes(context),
    channelRoutes(context, quotas),
    adminRoutes(context),
    adminConnectionRoutes(context, quotas),
  )
  app.use('/api', (request) => {
    throw new AppError('not_found', `There is no ${request.method} ${request.baseUrl}${request.path}.`)
  })
  if (existsSync(PAGES)) {
    app.use(
      '/assets',
      // These alone: a response that holds a secret of a person is never compressed together with what a stranger sent.
      compression(),
      express.static(`${PAGES}/assets`, { immutable: true, maxAge: '1y', index: false, fallthrough: false }),
    )
    app.use(express.static(PAGES, { index: false, maxAge: '1h' }))
    app.get('/*path', (_request, response) => response.set('Cache-Control', 'no-cache').sendFile(`${PAGES}/index.html`))
    app.get('/', (_request, response) => response.redirect('/app/channels'))
  }
  app.use(respondToErrors)
  return app
}

const respondToErrors: ErrorRequestHandler = (error: unknown, request, response, next) => {
  if (response.headersSent) return next(error)
  const known = toAppError(error)
  if (known.code === 'internal') request.log.error({ err: error }, 'request failed')
  const body = problem(known, requestId(request))
  const { retryAfterSeconds } = known.more
  if (retryAfterSeconds !== undefined) response.set('Retry-After', String(retryAfterSeconds))
  response.status(body.status).type('application/problem+json').json(body)
}

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  const { type, status } = (error ?? {}) as { type?: string; status?: number }
  if (type === 'entity.too.large') return new AppError('too_large', 'The request is larger than 32 kB.')
  if (type === 'entity.parse.failed') return new AppError('bad_request', 'The body is not valid JSON.')
  if (status === 404) return new AppError('not_found', 'There is nothing at this address.')
  if (status !== undefined && status >= 400 && status < 500) {
    return new AppError('bad_request', 'The request cannot be read.', { cause: error })
  }
  return new AppError('internal', 'That did not work, and it is not your fault. Please try again.', { cause: error })
}
