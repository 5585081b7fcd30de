// /api/sessions: where somebody is signed in, and ending it.
import { Router } from 'express'
import type { ApiContext } from '../app.ts'
import type { EndedSessions, SessionList } from '../contract.ts'
import { endSessions, listSessions } from '../db/sessions.ts'
import { AppError } from '../errors.ts'
import { announceSessionsEnded } from '../events.ts'
import { checkedId, requireSession } from './guards.ts'
import { presentSession } from './present.ts'

const SHOWN = 100

export function sessionRoutes(context: ApiContext): Router {
  const { db } = context
  return Router()
    .get('/sessions', async (request, response) => {
      const { id, user } = await requireSession(context, request)
      const found = await listSessions(db, user.id, SHOWN)
      const body: SessionList = {
        sessions: found.map((session) => presentSession(session, id)),
      }
      response.json(body)
    })
    .delete('/sessions', async (request, response) => {
      const { id, user } = await requireSession(context, request)
      const body: EndedSessions = { ended: await endSessions(db, user.id, { except: id }) }
      await announceSessionsEnded(context, user.id)
      response.json(body)
    })
    .delete('/sessions/:id', async (request, response) => {
      const { user } = await requireSession(context, request)
      const ended = await endSessions(db, user.id, { only: checkedId(request.params.id, 'session_not_found') })
      if (ended === 0) throw new AppError('session_not_found', 'There is no such session; it may have ended already.')
      await announceSessionsEnded(context, user.id)
      response.status(204).end()
    })
}
