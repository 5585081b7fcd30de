// One line of the log for each request, made of what is harmless: who asked from where for which of our routes.
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { BetterAuthPlugin } from 'better-auth'
import { createAuthMiddleware } from 'better-auth/api'
import type { Request, RequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import { pinoHttp } from 'pino-http'

declare module 'http' {
  interface IncomingMessage {
    /** whose session the request came with */
    userId?: string
  }
}

/** A path as it is logged: without the query, and with … where somebody has written something else than our words or an id. */
export const createLoggedPath =
  (isWord: (part: string) => boolean) =>
  (url: string): string => {
    const parts = (url.split('?', 1)[0] ?? '').split('/')
    return parts.map((part) => (part === '' || isWord(part) || /^[0-9a-f]{24}$/.test(part) ? part : '…')).join('/')
  }
export type LoggedPath = ReturnType<typeof createLoggedPath>

export const requestLog = (log: Logger, loggedPath: LoggedPath): RequestHandler =>
  pinoHttp<Request, Response>({
    logger: log,
    // Never a stranger's own: channels, jobs and attempts are found by it.
    genReqId: (_request, response) => {
      const id = randomUUID()
      response.setHeader('X-Request-Id', id)
      return id
    },
    customAttributeKeys: { reqId: 'requestId' },
    quietReqLogger: true,
    serializers: {
      req: ({ method, url }: { method: string; url: string }) => ({ method, path: loggedPath(url) }),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
      err: ({ type, message, stack }: { type: string; message: string; stack: string }) => ({ type, message, stack }),
    },
    customSuccessObject: (request, _response, line: object) => ({ ...line, ...asker(request) }),
    customErrorObject: (request, _response, _error, line: object) => ({ ...line, ...asker(request) }),
    customLogLevel: (_request, { statusCode }) => (statusCode >= 500 ? 'error' : 'info'),
    autoLogging: { ignore: ({ url }) => url === '/healthz' || url === '/readyz' },
  })

function asker({ userId, ip, headers }: Request) {
  const given = headers['x-request-id']
  const isId = typeof given === 'string' && /^[\w-]{8,64}$/.test(given)
  return { userId, address: ip, ...(isId ? { clientRequestId: given } : {}) }
}

const asking = new AsyncLocalStorage<IncomingMessage>()

/** So that what the accounts library finds out about who asks gets to the request that it was asked by. */
export const asUser =
  (handle: (request: Request, response: Response) => Promise<void>): RequestHandler =>
  (request, response) =>
    asking.run(request, () => handle(request, response))

/** For the accounts library: a session has ended, perhaps that of who asks, which nothing tells afterwards. */
export function noteEnded(userId: string): void {
  const request = asking.getStore()
  if (request) request.userId ??= userId
}

/** A plugin of the accounts library, for after each of its endpoints that was asked from outside. */
export const noteUserPlugin = {
  id: 'note-user',
  hooks: {
    after: [
      {
        matcher: () => asking.getStore() !== undefined,
        handler: createAuthMiddleware(async ({ context }) => {
          const request = asking.getStore()
          const userId = context.newSession?.user.id ?? context.session?.user.id
          if (request && userId) request.userId = userId
        }),
      },
    ],
  },
} satisfies BetterAuthPlugin
