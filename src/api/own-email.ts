// /api/me/email: another e-mail address for one's account. Where mail is on, the new one is proved by a link and the old one told; without, the password of the last ten minutes is all there is.
import { setTimeout as sleep } from 'node:timers/promises'
import { Router } from 'express'
import type { ApiContext } from '../app.ts'
import { linkTo, newToken } from '../auth/links.ts'
import { NewEmailBody, ProofBody, type EmailChange } from '../contract.ts'
import { findByEmail } from '../db/accounts.ts'
import { changeEmail, endLinks, findUser } from '../db/users.ts'
import { AppError } from '../errors.ts'
import { sendMail } from '../mail/send.ts'
import { checked, requestId, requireFresh, requireUser } from './guards.ts'
import { createMailLimit } from './mail-limit.ts'
import type { Quotas } from './quotas.ts'

const VALID_MS = 24 * 3600_000
/** What is done for an address that is taken takes less: how long it took tells nothing. */
const LEAST_MS = 500
/** Of what the accounts library keeps under hashes, as its own links. */
const identifierOf = (token: string) => `change-email:${token}`

export function ownEmailRoutes(context: ApiContext, quotas: Quotas): Router {
  const { auth, db, config } = context
  const takeMail = createMailLimit(context)

  return Router()
    .post('/me/email', async (request, response) => {
      const user = await requireUser(context, request)
      const email = checked(NewEmailBody, request.body).email.toLowerCase()
      await quotas.take(config.mail ? 'mail' : 'sign-in', request, response)
      await requireFresh(context, request)
      if (email === user.email) throw same()
      await endLinks(db, user.id)
      if (!config.mail) {
        if (!(await changeEmail(db, user.id, email, false))) throw taken()
        return void response.json({ email, changed: true } satisfies EmailChange)
      }
      await takeMail(email)
      const least = sleep(LEAST_MS)
      // Whose an address is, only a mail that goes there tells.
      if (!(await findByEmail(db, email))) {
        const token = newToken()
        const expiresAt = new Date(Date.now() + VALID_MS)
        const { internalAdapter } = await auth.$context
        const value = `${user.id} ${email}`
        await internalAdapter.createVerificationValue({ identifier: identifierOf(token), value, expiresAt })
        await sendMail(context, {
          id: `email-change-${user.id}-${requestId(request)}`,
          kind: 'email_change',
          userId: user.id,
          to: email,
          params: {},
          link: linkTo(context, 'change-email', token),
          validUntil: expiresAt,
          requestId: requestId(request),
        })
      }
      await least
      response.status(202).json({ email, changed: false } satisfies EmailChange)
    })
    .post('/me/email/confirm', async (request, response) => {
      const { token } = checked(ProofBody, request.body)
      await quotas.take('sign-in', request, response)
      const { internalAdapter } = await auth.$context
      const kept = await internalAdapter.consumeVerificationValue(identifierOf(token))
      const [userId = '', email = ''] = kept?.value.split(' ') ?? []
      const user = email ? await findUser(db, userId) : null
      if (!user) throw new AppError('link_invalid', 'This link is not valid any more. Change the address anew.')
      if (!(await changeEmail(db, userId, email, true))) throw taken()
      await endLinks(db, userId)
      await sendMail(context, {
        id: `email-changed-${userId}-${requestId(request)}`,
        kind: 'email_changed',
        userId,
        to: user.email,
        params: {},
        requestId: requestId(request),
      })
      response.json({ email })
    })
}

const taken = () => new AppError('email_taken', 'There is an account with this e-mail address already.')
const same = () => new AppError('email_same', 'That is the address of your account already.')
