// POST /api/address-proof: the token out of a mail proves whose address it was sent to.
import { isAPIError } from 'better-auth/api'
import { Router } from 'express'
import type { ApiContext } from '../app.ts'
import { ProofBody } from '../contract.ts'
import { AppError } from '../errors.ts'
import { checked } from './guards.ts'
import type { Quotas } from './quotas.ts'

/** Not the library's own route, which takes the token in its address, where logs of proxies have it. */
export const addressProofRoutes = ({ auth, config }: ApiContext, quotas: Quotas): Router =>
  Router().post('/address-proof', async (request, response) => {
    const { token } = checked(ProofBody, request.body)
    if (!config.mail) throw mailOff()
    await quotas.take('sign-in', request, response)
    try {
      await auth.api.verifyEmail({ query: { token } })
    } catch (error) {
      if (!isAPIError(error)) throw error
      throw new AppError('link_invalid', 'This link is not valid any more. Have another one sent to you.')
    }
    response.json({ proven: true })
  })

export const mailOff = () =>
  new AppError('mail_off', 'This installation sends no e-mail. Ask its administrator for a new password.')
