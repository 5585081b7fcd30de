// GET /api/me: who is signed in. GET /api/about: what a page has to know before anyone is.
import { Router } from 'express'
import type { ApiContext } from '../app.ts'
import { setLanguage } from '../db/users.ts'
import { wantedLanguage } from '../input/language.ts'
import { readOptions } from '../options.ts'
import { lacksSecondFactor, requireUser } from './guards.ts'
import { readHandleDomain } from './handle-domain.ts'

export function meRoutes(context: ApiContext): Router {
  const signUpOpen = context.config.auth.signUpOpen
  const mail = context.config.mail !== null
  return Router()
    .get('/about', (_request, response) => response.json({ signUpOpen, mail }))
    .get('/me', async (request, response) => {
      const user = await requireUser(context, request)
      const language = wantedLanguage(request.headers['accept-language'])
      if (language) await setLanguage(context.db, user.id, language)
      const { bluesky_integration_status: status } = await readOptions(context)
      const paused = status.effective === 'disabled'
      const handleDomain = await readHandleDomain(context)
      const secondFactorNeeded = lacksSecondFactor(context, user)
      response.json({ ...user, secondFactorNeeded, signUpOpen, mail, paused, handleDomain })
    })
}
