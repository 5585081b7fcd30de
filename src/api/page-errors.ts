// POST /api/page-errors: an error of a page, kept as one line of the log under the reference that the person sees.
import { Router } from 'express'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { PageError } from '../contract.ts'
import { AppError } from '../errors.ts'
import { networkOf } from './client-address.ts'
import { checked } from './guards.ts'
import type { LoggedPath } from './request-log.ts'

export function pageErrorRoutes(loggedPath: LoggedPath): Router {
  const limiter = new RateLimiterMemory({ points: 20, duration: 60 })
  return Router().post('/page-errors', async (request, response) => {
    const { reference, message, page } = checked(PageError, request.body)
    await limiter.consume(networkOf(request)).catch(({ msBeforeNext }: RateLimiterRes) => {
      const retryAfterSeconds = Math.ceil(msBeforeNext / 1000)
      throw new AppError('too_many_requests', 'Too many reports; the first ones were kept.', { retryAfterSeconds })
    })
    request.log.warn({ reference, message, page: loggedPath(page) }, 'page error')
    response.status(204).end()
  })
}
