// Counts and times each request by the pattern of its route, which is one of a closed set.
import type { Request, RequestHandler } from 'express'
import type { ApiContext } from '../app.ts'
import { authRoutes } from '../auth/routes.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
/** An event stream lasts as long as its page is open. */
const STREAMS = '/api/channels/events'
const OTHER = 'other'

export const methodOf = ({ method }: Request): string => (METHODS.includes(method) ? method : OTHER)

/** Our routers are mounted at /api; what the accounts library answers it has in a list. */
export function routeOf(request: Request): string {
  const path = request.originalUrl.split('?', 1)[0] ?? ''
  if (path.startsWith('/admin/queues')) return '/admin/queues'
  if (path.startsWith('/assets/')) return '/assets'
  const { route } = request as { route?: { path: string | string[] } }
  if (!route) return OTHER
  const pattern = [route.path].flat().find((one, _index, all) => all.length === 1 || path.endsWith(one)) ?? OTHER
  if (pattern === '/api/auth/*path') {
    const known = authRoutes.includes(`${request.method} ${path.slice('/api/auth'.length)}`)
    return known ? path : pattern
  }
  return path.startsWith('/api/') && !pattern.startsWith('/api/') ? `/api${pattern}` : pattern
}

export function measureRequests({ metrics, changes }: Pick<ApiContext, 'metrics' | 'changes'>): RequestHandler {
  metrics.watch({ eventStreams: () => changes.count() })
  return (request, response, next) => {
    const startedAt = performance.now()
    response.once('close', () => {
      const method = methodOf(request)
      const route = routeOf(request)
      const durationMs = route === STREAMS ? null : performance.now() - startedAt
      metrics.requestAnswered(method, route, response.statusCode, durationMs)
    })
    next()
  }
}
