// /api/removals: what became of the sessions of removed channels, until their owner puts it away.
import { Router } from 'express'
import type { ApiContext } from '../app.ts'
import type { RemovalList } from '../contract.ts'
import { listRemovals, putAllAway, putRemovalAway } from '../db/removals.ts'
import { AppError } from '../errors.ts'
import { checkedId, requireUser } from './guards.ts'
import { presentRemoval, presentRemoving } from './present.ts'

const SHOWN = 20

export function removalRoutes(context: ApiContext): Router {
  const { db } = context
  return Router()
    .get('/removals', async (request, response) => {
      const user = await requireUser(context, request)
      const { underWay, ended } = await listRemovals(db, user.id, SHOWN)
      const told = new Set(ended.map(({ _id }) => _id.toHexString()))
      // Between the two writes of an end there is both.
      const open = underWay.filter(({ _id }) => !told.has(_id.toHexString()))
      const body: RemovalList = { removals: [...open.map(presentRemoving), ...ended.map(presentRemoval)] }
      response.json(body)
    })
    .delete('/removals', async (request, response) => {
      const user = await requireUser(context, request)
      await putAllAway(db, user.id)
      response.status(204).end()
    })
    .delete('/removals/:id', async (request, response) => {
      const user = await requireUser(context, request)
      const found = await putRemovalAway(db, checkedId(request.params.id, 'removal_not_found'), user.id)
      if (!found) throw new AppError('removal_not_found', 'There is no such removal; it may have been put away.')
      response.status(204).end()
    })
}
