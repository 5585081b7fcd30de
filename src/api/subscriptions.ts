// /api/subscriptions: which mails somebody gets. /api/unsubscribe: switching them off by the link of a mail, without a session.
import { Router } from 'express'
import type { ApiContext } from '../app.ts'
import { SubscriptionsBody, type Subscriptions, type Unsubscribed } from '../contract.ts'
import { findSubscription, switchOffByKey, switchTopic, topics } from '../db/subscriptions.ts'
import { AppError } from '../errors.ts'
import { isAdmin } from '../input/account.ts'
import { readUnsubscription } from '../unsubscribe.ts'
import { checked, requireUser, type User } from './guards.ts'

export function subscriptionRoutes({ auth, db }: ApiContext): Router {
  const read = async (user: User): Promise<Subscriptions> => {
    const off = (await findSubscription(db, user.id))?.off ?? []
    return { channels: !off.includes('channels'), incidents: isAdmin(user) ? !off.includes('incidents') : null }
  }
  return Router()
    .get('/subscriptions', async (request, response) => {
      response.json(await read(await requireUser({ auth }, request)))
    })
    .put('/subscriptions', async (request, response) => {
      const user = await requireUser({ auth }, request)
      const wanted = checked(SubscriptionsBody, request.body)
      for (const topic of topics) {
        const on = wanted[topic]
        if (on !== undefined) await switchTopic(db, user.id, topic, on)
      }
      response.json(await read(user))
    })
    .get('/unsubscribe/:token', (request, response) => {
      // Whoever follows every link of a mail, such as a virus scanner, switches nothing off.
      response.redirect(303, `/unsubscribe#${encodeURIComponent(request.params.token)}`)
    })
    .post('/unsubscribe/:token', async (request, response) => {
      const link = readUnsubscription(request.params.token)
      if (!link || !(await switchOffByKey(db, link.userId, link.key, link.topic))) {
        throw new AppError(
          'link_invalid',
          'This link is not valid any more. Sign in and choose your mails at /app/account.',
        )
      }
      const body: Unsubscribed = { off: link.topic }
      response.json(body)
    })
}
