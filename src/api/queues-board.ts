// /admin/queues: Bull Board, for administrators. It shows what is in the queues and changes nothing: MongoDB is the truth.
import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { ExpressAdapter } from '@bull-board/express'
import { Router, type Request, type RequestHandler } from 'express'
import helmet from 'helmet'
import type { ApiContext } from '../app.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { requireAdmin } from './guards.ts'

const PATH = '/admin/queues'

/** Its page names its folder with <base>, and sets styles as it goes. Fonts of elsewhere it does without. */
const policy = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'", "'unsafe-inline'"],
    'img-src': ["'self'", 'data:'],
    'font-src': ["'self'"],
    'connect-src': ["'self'"],
    'base-uri': ["'self'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  },
})

/** Where a person is sent who opens the page and may not see it yet. */
const wayIn: Partial<Record<ErrorCode, string>> = {
  not_signed_in: `/sign-in?next=${PATH}`,
  second_factor_needed: '/app/account',
}

const isPage = (request: Request) => request.method === 'GET' && request.accepts(['json', 'html']) === 'html'

const adminsOnly =
  (context: Pick<ApiContext, 'auth' | 'config'>): RequestHandler =>
  async (request, response, next) => {
    response.set('Cache-Control', 'no-store')
    try {
      await requireAdmin(context, request)
    } catch (error) {
      const way = error instanceof AppError && isPage(request) ? wayIn[error.code] : undefined
      if (!way) throw error
      return response.redirect(303, way)
    }
    // Its own buttons are hidden; whoever asks past them is told that there is nothing.
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new AppError('not_found', 'The queues can only be looked at here.')
    }
    next()
  }

export function queuesBoard(context: Pick<ApiContext, 'auth' | 'config' | 'queues'>): Router {
  const board = new ExpressAdapter().setBasePath(PATH)
  createBullBoard({
    serverAdapter: board,
    queues: Object.values(context.queues).map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    options: {
      uiConfig: {
        boardTitle: 'bluesky-connect',
        boardLogo: { path: '/favicon.svg', width: 28, height: 28 },
        favIcon: { default: '/favicon.svg', alternative: '/favicon.svg' },
        hideDocsLink: true,
        hideRedisDetails: true,
        // It would ask Redis for the list of all its clients at every look.
        showWorkers: false,
        miscLinks: [{ text: 'Connections', url: '/admin/connections' }],
      },
    },
  })
  // An application of its own: without the same trust the log would hold the address of the proxy.
  const pages = board.getRouter().disable('x-powered-by').set('trust proxy', context.config.http.trustProxy)
  return Router().use(PATH, adminsOnly(context), policy, pages)
}
