// POST /api/channels/verify, /remove and /groups: the same for many of one's own channels, each with an answer of its own.
import { Router } from 'express'
import type { ApiContext } from '../app.ts'
import { GroupsBody, ManyBody, type ManyResults } from '../contract.ts'
import type { Channel } from '../db/channels.ts'
import { changeGroups } from '../db/own-channels.ts'
import { AppError } from '../errors.ts'
import { announce } from '../events.ts'
import { cleanGroup, MOST_GROUP_LENGTH, MOST_GROUPS } from '../input/groups.ts'
import { noChannel, removeChannel, verifyChannel } from './channel-acts.ts'
import { checked, checkedId, requestId, requireUser } from './guards.ts'
import { presentChannel } from './present.ts'
import type { Quotas } from './quotas.ts'

type Result = ManyResults['results'][number]

/** One after the other: that one cannot be done keeps nobody from the others. @param act gives null where it is gone */
async function each(ids: string[], act: (id: string) => Promise<Channel | null>): Promise<ManyResults> {
  const results: Result[] = []
  for (const id of new Set(ids)) {
    try {
      const channel = await act(id)
      results.push({ id, channel: channel && presentChannel(channel), problem: null })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const { code, message, more } = error
      const retryAfterSeconds = more.retryAfterSeconds ?? null
      results.push({ id, channel: null, problem: { code, detail: message, retryAfterSeconds } })
    }
  }
  return { results }
}

/** @throws AppError invalid_input */
function readGroups(typed: string[]): string[] {
  return typed.map((text) => {
    const group = cleanGroup(text)
    if (group !== null) return group
    const message = `a group has 1 to ${MOST_GROUP_LENGTH} characters`
    throw new AppError('invalid_input', `add: ${message}`, { errors: [{ field: 'add', message }] })
  })
}

export function manyChannelRoutes(context: ApiContext, quotas: Quotas): Router {
  const { db } = context
  return Router()
    .post('/channels/verify', async (request, response) => {
      const user = await requireUser(context, request)
      const { ids } = checked(ManyBody, request.body)
      const results = await each(ids, async (id) => {
        await quotas.take('verify', request, response, user.id)
        return verifyChannel(context, quotas, { user, id, requestId: requestId(request) })
      })
      response.json(results)
    })
    .post('/channels/remove', async (request, response) => {
      const user = await requireUser(context, request)
      const { ids } = checked(ManyBody, request.body)
      const results = await each(ids, async (id) => {
        await removeChannel(context, { user, id, requestId: requestId(request) })
        return null
      })
      response.json(results)
    })
    .post('/channels/groups', async (request, response) => {
      const user = await requireUser(context, request)
      const body = checked(GroupsBody, request.body)
      const change = { add: readGroups(body.add), remove: body.remove }
      const results = await each(body.ids, async (id) => {
        const changed = await changeGroups(db, { id: checkedId(id), userId: user.id }, change)
        if (changed === 'full')
          throw new AppError('too_many_groups', `A channel is in ${MOST_GROUPS} groups at most: take it out of one.`)
        if (!changed) throw noChannel()
        await announce(context, { userId: user.id, channelId: id })
        return changed
      })
      response.json(results)
    })
}
