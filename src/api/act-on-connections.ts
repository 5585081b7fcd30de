// What an administrator does to a channel of anybody's, alone or as one of many that were chosen.
import type { Request, Response } from 'express'
import type { ApiContext } from '../app.ts'
import type { ActBody, ActResults, AuditAction } from '../contract.ts'
import { addAudit } from '../db/audit.ts'
import { submitDisconnect, type Channel } from '../db/channels.ts'
import { findConnection, markSeen, unmarkSeen } from '../db/connections.ts'
import { findEmails } from '../db/users.ts'
import { AppError } from '../errors.ts'
import { startStep } from '../jobs.ts'
import { checkedId, enabledServiceUrl, requestId, type User } from './guards.ts'
import type { Quotas } from './quotas.ts'
import { retryStep } from './retry-step.ts'

export const PAUSED = 'Nothing runs while Bluesky connections are paused. Set Status to enabled first.'

interface Act {
  context: ApiContext
  quotas: Quotas
  admin: User
  request: Request
  response: Response
}

const noChannel = () => new AppError('channel_not_found', 'There is no such channel.')

/** @throws AppError channel_not_found */
export async function foundConnection({ db }: Pick<ApiContext, 'db'>, id: unknown): Promise<Channel> {
  const channel = await findConnection(db, checkedId(id))
  if (!channel) throw noChannel()
  return channel
}

async function note({ context: { db }, admin, request }: Act, action: AuditAction, channel: Channel): Promise<void> {
  const emails = await findEmails(db, [channel.userId])
  await addAudit(db, {
    at: new Date(),
    actor: admin.email,
    action,
    whom: emails.get(channel.userId) ?? channel.userId,
    connection: channel.handle ?? channel.identifier,
    requestId: requestId(request),
  })
}

/** Runs the step that failed again. @returns the channel as it is then @throws AppError */
export async function retryConnection(act: Act, id: unknown): Promise<{ channel: Channel; started: boolean }> {
  const { context, quotas, admin, request, response } = act
  await quotas.take('retry', request, response, admin.id)
  const retried = await retryStep(context, {
    find: () => foundConnection(context, id),
    mayRun: () => enabledServiceUrl(context, PAUSED),
    requestId: requestId(request),
    toReconnect: 'the user has to reconnect',
  })
  if (retried.started) await note(act, 'connection_retried', retried.channel)
  return retried
}

/** As if its user had removed it. @throws AppError channel_not_found */
export async function removeConnection(act: Act, id: unknown): Promise<void> {
  const { context, request } = act
  const removed = await submitDisconnect(context.db, { id: checkedId(id) }, requestId(request), new Date())
  if (!removed) throw noChannel()
  await Promise.all([startStep(context, removed), note(act, 'connection_disconnected', removed)])
}

/** @returns false where it was marked before, or changed meanwhile: nobody has seen how it is now @throws AppError */
async function seeConnection(act: Act, id: unknown): Promise<boolean> {
  const channel = await foundConnection(act.context, id)
  const marked = await markSeen(act.context.db, channel, act.admin.email, new Date())
  if (marked) await note(act, 'connection_seen', channel)
  return marked
}

/** @returns false where there is no mark that holds @throws AppError */
async function unseeConnection(act: Act, id: unknown): Promise<boolean> {
  const channel = await foundConnection(act.context, id)
  const unmarked = await unmarkSeen(act.context.db, channel)
  if (unmarked) await note(act, 'connection_unseen', channel)
  return unmarked
}

/** @returns whether anything was to be done @throws AppError */
async function actOn(act: Act, what: ActBody['act'], id: string): Promise<boolean> {
  switch (what) {
    case 'retry':
      return (await retryConnection(act, id)).started
    case 'remove':
      await removeConnection(act, id)
      return true
    case 'see':
      return seeConnection(act, id)
    case 'unsee':
      return unseeConnection(act, id)
  }
}

/** One after the other: that one cannot be done keeps nobody from the others. */
export async function actOnMany(act: Act, { act: what, ids }: ActBody): Promise<ActResults> {
  const results: ActResults['results'] = []
  for (const id of new Set(ids)) {
    try {
      results.push({ id, done: await actOn(act, what, id), problem: null })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      results.push({ id, done: false, problem: { code: error.code, detail: error.message } })
    }
  }
  return { results }
}
