// A span for each request, named by the pattern of its route.
import type { RequestHandler } from 'express'
import { startRequestSpan, within } from '../tracing/spans.ts'
import { requestId } from './guards.ts'
import { methodOf, routeOf } from './request-metrics.ts'

/** To be mounted behind what reads the body: its events come from outside of what began the request. */
export const traceRequests: RequestHandler = (request, response, next) => {
  const method = methodOf(request)
  const span = startRequestSpan(method)
  response.once('close', () => {
    const route = routeOf(request)
    span
      .updateName(`${method} ${route}`)
      .setAttributes({
        'http.route': route,
        'http.response.status_code': response.statusCode,
        'bluesky_connect.request_id': requestId(request),
      })
      .end()
  })
  within(span, next)
}
