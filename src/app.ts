// Builds the Express application from a context; never listens.
import express, { type ErrorRequestHandler, type Express, type Router } from 'express'
import helmet from 'helmet'
import { accountRoutes } from './api/accounts.ts'
import { addressProofRoutes } from './api/address-proof.ts'
import { adminConnectionRoutes } from './api/admin-connections.ts'
import { adminPeopleRoutes, libraryAdmins } from './api/admin-people.ts'
import { adminRoutes } from './api/admin-options.ts'
import { incidentRoutes } from './api/incidents.ts'
import { readBody, refuseRest } from './api/body.ts'
import { channelRoutes } from './api/channels.ts'
import { channelEventRoutes } from './api/channel-events.ts'
import { handOnAddress } from './api/client-address.ts'
import { exportRoutes } from './api/export.ts'
import { docsRoutes } from './api/docs.ts'
import { manyChannelRoutes } from './api/many-channels.ts'
import { meRoutes } from './api/me.ts'
import { listedMethodsOnly } from './api/methods.ts'
import { ownEmailRoutes } from './api/own-email.ts'
import { pageErrorRoutes } from './api/page-errors.ts'
import { hasPages, pageRoutes, sendPage, styleHashes } from './api/pages.ts'
import { queuesBoard } from './api/queues-board.ts'
import { createQuotas } from './api/quotas.ts'
import { createLoggedPath, requestLog } from './api/request-log.ts'
import { measureRequests } from './api/request-metrics.ts'
import { traceRequests } from './api/request-trace.ts'
import { blame, withMongodb } from './api/store-away.ts'
import { securityTxtRoutes } from './api/security-txt.ts'
import { removalRoutes } from './api/removals.ts'
import { sessionRoutes } from './api/sessions.ts'
import { subscriptionRoutes } from './api/subscriptions.ts'
import { ownOriginOnly, requestId } from './api/guards.ts'
import type { Auth } from './auth.ts'
import { listedRoutesOnly } from './auth/routes.ts'
import type { ApiConfig } from './config.ts'
import type { Context } from './context.ts'
import { AppError, problem, problemHeaders } from './errors.ts'
import { health } from './health.ts'
import type { Changes } from './events.ts'

/** What the front door stands on. */
export interface ApiContext extends Context<ApiConfig> {
  auth: Auth
  changes: Changes
}

/** Nothing of what a browser could hand out is used here. */
const PERMISSIONS = [
  'accelerometer',
  'autoplay',
  'camera',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'usb',
  'xr-spatial-tracking',
]
  .map((feature) => `${feature}=()`)
  .join(', ')
/** MongoDB's number for a query that ran into its maxTimeMS. */
const MAX_TIME_EXPIRED = 50

export function createApp(context: ApiContext): Express {
  const { config, log, auth } = context
  const quotas = createQuotas(context)
  const loggedPath = createLoggedPath((part) => words.has(part))
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
          'style-src': ["'self'", ...styleHashes()],
          // Avatars come from whichever server an account lives on.
          'img-src': ["'self'", 'data:', 'https:', ...config.http.httpImages],
          'object-src': ["'none'"],
          'base-uri': ["'none'"],
          'form-action': ["'self'"],
          'frame-ancestors': ["'none'"],
        },
      },
      strictTransportSecurity: config.http.baseUrl.startsWith('https:'),
    }),
  )
  app.use((_request, response, next) => {
    // The log, metrics, traces and whatever is streamed look at how a response ends: more than Node takes for no leak.
    response.setMaxListeners(20)
    response.set('Permissions-Policy', PERMISSIONS)
    next()
  })
  app.use(requestLog(log, loggedPath), measureRequests(context))
  app.use('/api', (_request, response, next) => {
    response.set('Cache-Control', 'no-store')
    next()
  })
  app.use(readBody, traceRequests)
  app.get(['/healthz', '/readyz'], async (request, response) => {
    const { status = 404, body } = (await health(context.stores, request.path)) ?? {}
    response.status(status).json(body)
  })
  app.use(ownOriginOnly(config), listedMethodsOnly, handOnAddress)
  app.use('/api', docsRoutes(config), pageErrorRoutes(loggedPath), withMongodb(context))
  app.use('/api/auth', listedRoutesOnly, libraryAdmins(context, quotas))
  app.all('/api/auth/*path', accountRoutes(context, quotas))
  app.use(
    '/api',
    meRoutes(context),
    ownEmailRoutes(context, quotas),
    exportRoutes(context),
    addressProofRoutes(context, quotas),
    sessionRoutes(context),
    subscriptionRoutes(context),
    channelEventRoutes(context),
    manyChannelRoutes(context, quotas),
    channelRoutes(context, quotas),
    removalRoutes(context),
    adminRoutes(context),
    adminConnectionRoutes(context, quotas),
    adminPeopleRoutes(context, quotas),
    incidentRoutes(context),
    nothingHere,
  )
  app.use(securityTxtRoutes(config), queuesBoard(context))
  const isBuilt = hasPages()
  if (isBuilt) app.use(pageRoutes())
  app.use((request, response) => {
    const isBrowser = request.method === 'GET' && request.accepts(['json', 'html']) === 'html'
    if (!isBuilt || !isBrowser) return nothingHere()
    sendPage(response.status(404))
  })
  app.use(respondToErrors(context))
  const words = wordsOf(app.router.stack, Object.values(auth.api))
  return app
}

/** Without the address, which Express would repeat: somebody may have pasted a secret into it. */
function nothingHere(): never {
  throw new AppError('not_found', 'There is nothing at this address.')
}

type Layer = Router['stack'][number]

/** What the paths of all routes are made of. */
function wordsOf(layers: Layer[], endpoints: { path?: string }[]): Set<string> {
  const pathsOf = ({ route, handle }: Layer): string[] => {
    const { stack = [] } = handle as { stack?: Layer[] }
    return route ? [route.path].flat() : stack.flatMap(pathsOf)
  }
  const paths = [...layers.flatMap(pathsOf), ...endpoints.map(({ path }) => path ?? '')]
  return new Set(['api', 'auth', 'app', 'account', 'assets', ...paths.flatMap((path) => path.split('/'))])
}

const respondToErrors =
  (context: ApiContext): ErrorRequestHandler =>
  async (error: unknown, request, response, next) => {
    const known = await blame(context, toAppError(error))
    // It was answered in the meantime that MongoDB keeps silent.
    if (response.writableEnded) return
    if (response.headersSent) return next(error)
    if (known.code === 'internal') request.log.error({ err: error }, 'request failed')
    const body = problem(known, requestId(request))
    response.status(body.status).set(problemHeaders(known))
    if (known.code === 'too_large') return refuseRest(request, response, JSON.stringify(body))
    response.send(JSON.stringify(body))
  }

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  const { status, code } = (error ?? {}) as { status?: number; code?: unknown }
  if (code === MAX_TIME_EXPIRED) {
    return new AppError(
      'took_too_long',
      'That took too long to look up. Narrow the search, or try again in a minute.',
      {
        retryAfterSeconds: 60,
        cause: error,
      },
    )
  }
  if (status === 404) return new AppError('not_found', 'There is nothing at this address.')
  if (status !== undefined && status >= 400 && status < 500) {
    return new AppError('bad_request', 'The request cannot be read.', { cause: error })
  }
  return new AppError('internal', 'That did not work, and it is not your fault. Please try again.', { cause: error })
}
