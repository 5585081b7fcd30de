// /api/admin/connections: what became of every user's connects, as list, file and summary, running failed steps again, disconnecting, and marking as seen.
import { Router } from 'express'
import { Types } from 'mongoose'
import type { ApiContext } from '../app.ts'
import { outcomeCodes, outcomes } from '../outcomes/catalogue.ts'
import { vainToRetry } from '../outcomes/rules.ts'
import {
  ActBody,
  ConnectionFilter as FilterShape,
  ConnectionQuery,
  RetryBody,
  type ConnectionCounts,
  type ConnectionPage,
  type ConnectionWithAttempts,
  type Retriable,
  type Retried,
  type RetryOrder,
} from '../contract.ts'
import { listAttempts } from '../db/attempts.ts'
import { findAudit } from '../db/audit.ts'
import type { Channel } from '../db/channels.ts'
import { countAgain, countConnections } from '../db/connection-counts.ts'
import { countPeopleElsewhere, listConnections } from '../db/connections.ts'
import { countOf } from '../db/kept-counts.ts'
import { timed } from '../db/retriable.ts'
import { followOrder, orderRetry } from '../db/retries.ts'
import { findEmails } from '../db/users.ts'
import { AppError } from '../errors.ts'
import { readOptions } from '../options.ts'
import { actOnMany, foundConnection, PAUSED, removeConnection, retryConnection } from './act-on-connections.ts'
import { atOnce } from './at-once.ts'
import { readCursor, storedFilter, writeCursor } from './connection-query.ts'
import { sendCsv } from './connections-csv.ts'
import { connectionSummary, listed } from './connections-summary.ts'
import { checked, checkedId, enabledServiceUrl, requestId, requireAdmin } from './guards.ts'
import { presentAdminAttempt, presentConnection, presentCourse, type ForAdmin } from './present.ts'
import type { Quotas } from './quotas.ts'

export function adminConnectionRoutes(context: ApiContext, quotas: Quotas): Router {
  const { db } = context
  const summary = connectionSummary(context)
  const searching = atOnce({ inAll: 30, perUser: 6 })
  const counting = atOnce({ inAll: 30, perUser: 6 })
  const exporting = atOnce({ inAll: 4, perUser: 2 })

  const forAdmin = async (channels: Channel[]): Promise<ForAdmin> => {
    const users = channels.map(({ userId }) => userId)
    const [emails, options] = await Promise.all([findEmails(db, users), readOptions(context)])
    return { emails, options }
  }
  const present = async (channel: Channel) => presentConnection(channel, await forAdmin([channel]))
  /** @returns null when nothing can fit @throws AppError invalid_input */
  const retryFilter = async (asked: FilterShape, asOf: Date) => {
    const unfit = asked.outcome?.some((code) => !outcomeCodes.some((known) => known === code && !outcomes[known].good))
    if (unfit) {
      const message = 'must be an outcome that failed'
      throw new AppError('invalid_input', `outcome: ${message}`, { errors: [{ field: 'outcome', message }] })
    }
    const filter = await storedFilter(context, asked)
    return filter && { ...filter, asOf, timed, vain: vainToRetry }
  }

  return Router()
    .get('/admin/connections', async (request, response) => {
      const admin = await requireAdmin(context, request)
      using _place = searching(admin.id)
      const { limit, cursor, sort, ...asked } = checked(ConnectionQuery, request.query)
      const after = cursor === undefined ? undefined : readCursor(cursor, sort)
      const filter = await storedFilter(context, asked)
      const { channels, next } = filter
        ? await listConnections(db, filter, { limit, after, sort, at: new Date() })
        : { channels: [], next: null }
      const about = await forAdmin(channels)
      response.json({
        connections: channels.map((channel) => presentConnection(channel, about)),
        nextCursor: next && writeCursor(next),
      } satisfies ConnectionPage)
    })
    .get('/admin/connections.csv', async (request, response) => {
      const admin = await requireAdmin(context, request)
      using _place = exporting(admin.id)
      const filter = await storedFilter(context, checked(FilterShape, request.query))
      await sendCsv(context, filter, request, response)
    })
    .get('/admin/connections/summary', async (request, response) => {
      await requireAdmin(context, request)
      response.json(await summary())
    })
    .get('/admin/connections/counts', async (request, response) => {
      const admin = await requireAdmin(context, request)
      using _place = counting(admin.id)
      const { status: _, ...asked } = checked(FilterShape, request.query)
      const { rows, more, at } = await countConnections(db, await storedFilter(context, asked), new Date())
      const byStatus = listed.map((status) => ({ status, count: countOf(rows.filter((row) => row.status === status)) }))
      response.json({ byStatus, more, at: at.toISOString() } satisfies ConnectionCounts)
    })
    .get('/admin/connections/retry', async (request, response) => {
      const admin = await requireAdmin(context, request)
      using _place = searching(admin.id)
      const filter = await retryFilter(checked(FilterShape, request.query), new Date())
      const counted = filter ? await countAgain(db, filter) : { count: 0, vain: 0 }
      response.json(counted satisfies Retriable)
    })
    .get('/admin/retries/:id', async (request, response) => {
      await requireAdmin(context, request)
      const id = checkedId(request.params.id, 'bad_request')
      const order = await findAudit(db, id)
      if (!order || order.option !== 'retry') throw new AppError('not_found', 'There is no such order.')
      response.json({ id, ...presentCourse(await followOrder(db, order)) } satisfies RetryOrder)
    })
    .get('/admin/connections/:id', async (request, response) => {
      await requireAdmin(context, request)
      const channel = await foundConnection(context, request.params.id)
      const [connection, attempts, sameServer] = await Promise.all([
        present(channel),
        listAttempts(db, channel._id),
        peopleElsewhere(channel),
      ])
      const shown = attempts.map(presentAdminAttempt)
      response.json({ ...connection, attempts: shown, sameServer } satisfies ConnectionWithAttempts)
    })
    .post('/admin/connections/retry', async (request, response) => {
      const admin = await requireAdmin(context, request)
      await quotas.take('retry', request, response, admin.id)
      const { all: _, ...asked } = checked(RetryBody, request.body)
      await enabledServiceUrl(context, PAUSED)
      const at = new Date()
      const filter = await retryFilter(asked, at)
      const what = Object.entries(asked).map(([name, value]) => [name, String(value)])
      const from = new URLSearchParams(what).toString()
      const _id = new Types.ObjectId()
      const act = { _id, at, actor: admin.email, action: 'connections_retried' as const, requestId: requestId(request) }
      response.json({
        retried: await orderRetry(db, { ...act, option: 'retry', from, to: '' }, filter),
        order: _id.toHexString(),
      } satisfies Retried)
    })
    .post('/admin/connections/act', async (request, response) => {
      const admin = await requireAdmin(context, request)
      const body = checked(ActBody, request.body)
      response.json(await actOnMany({ context, quotas, admin, request, response }, body))
    })
    .delete('/admin/connections/:id', async (request, response) => {
      const admin = await requireAdmin(context, request)
      await removeConnection({ context, quotas, admin, request, response }, request.params.id)
      response.status(204).end()
    })
    .post('/admin/connections/:id/retry', async (request, response) => {
      const admin = await requireAdmin(context, request)
      const { channel } = await retryConnection({ context, quotas, admin, request, response }, request.params.id)
      response.status(202).json(await present(channel))
    })

  /** Whom else it concerns that sign-ins do not go to the server of an account. */
  async function peopleElsewhere({ outcome }: Channel) {
    if (outcome?.code !== 'wrong_server' || !outcome.params.actualServer) return null
    return countPeopleElsewhere(db, outcome.params.actualServer)
  }
}
