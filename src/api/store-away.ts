// What is answered while MongoDB is away: 503 at once where that is known, within three seconds where it keeps silent.
import { randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import type { RequestHandler } from 'express'
import type { ApiContext } from '../app.ts'
import type { StoreWord } from '../contract.ts'
import { AppError, problem, statusOf } from '../errors.ts'
import { health } from '../health.ts'
import type { Store, Stores } from '../stores.ts'

/** A request that takes longer asks how MongoDB is, and again after as much time. */
const PATIENCE_MS = 700
const RETRY_AFTER_SECONDS = 5

/** From a MongoDB that takes no writes, what is only read can still be had. */
const goneWords: StoreWord[] = ['waiting', 'away', 'silent', 'refused']
const isGone = ({ word }: Store) => goneWords.includes(word)

export const storeAway = (cause?: unknown) =>
  new AppError(
    'store_away',
    'That cannot be done right now, because our database is away. Please try again in a moment.',
    {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      ...(cause === undefined ? {} : { cause }),
    },
  )

/** To be mounted before all that needs MongoDB. @throws AppError store_away */
export const withMongodb =
  ({ stores: { mongodb } }: Pick<ApiContext, 'stores'>): RequestHandler =>
  (_request, response, next) => {
    if (isGone(mongodb)) throw storeAway()
    const timer = setInterval(async () => {
      if (!response.headersSent) await mongodb.look()
      // A stream or a file has begun to be answered.
      if (response.headersSent) return clearInterval(timer)
      if (isGone(mongodb)) next(storeAway())
    }, PATIENCE_MS)
    response.once('close', () => clearInterval(timer))
    next()
  }

/** @returns the error of a request, or that MongoDB was away, where it failed because of that */
export async function blame({ stores: { mongodb } }: Pick<ApiContext, 'stores'>, error: AppError): Promise<AppError> {
  if (error.code !== 'internal') return error
  return (await mongodb.look()) === 'ok' ? error : storeAway(error)
}

/** Of an API process whose MongoDB has not come yet. */
export const answerWhileWaiting =
  (stores: Stores): RequestListener =>
  (request, response) => {
    void health(stores, request.url ?? '').then((found) => {
      const id = randomUUID()
      const { status, body } = found ?? { status: statusOf('store_away'), body: problem(storeAway(), id) }
      response.writeHead(status, {
        'X-Request-Id': id,
        'Content-Type': found ? 'application/json' : 'application/problem+json',
        'Cache-Control': 'no-store',
        ...(found ? {} : { 'Retry-After': String(RETRY_AFTER_SECONDS) }),
      })
      response.end(JSON.stringify(body))
    })
  }
