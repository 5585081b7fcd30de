// /api/admin/connections: what became of every user's connects, as list, file and summary, running failed steps again, and disconnecting.
import { Router, type Request } from 'express'
import type { ApiContext } from '../app.ts'
import { outcomeCodes, outcomes, type OutcomeCode } from '../outcomes/catalogue.ts'
import { waitsForServer } from '../outcomes/rules.ts'
import {
  channelStatuses,
  ConnectionFilter as FilterShape,
  ConnectionQuery,
  RetryBody,
  type AuditAction,
  type ConnectionPage,
  type ConnectionWithAttempts,
  type Retriable,
  type Retried,
} from '../contract.ts'
import { listAttempts } from '../db/attempts.ts'
import { addAudit } from '../db/audit.ts'
import { submitDisconnect, type Channel } from '../db/channels.ts'
import {
  countPeopleElsewhere,
  findConnection,
  listConnections,
  type ConnectionFilter,
  type Position,
} from '../db/connections.ts'
import { countRetriable, orderRetry } from '../db/retries.ts'
import { findEmails, findUserIds } from '../db/users.ts'
import { AppError } from '../errors.ts'
import { asciiOf, readIdentifier } from '../input/identifier.ts'
import { startStep } from '../jobs.ts'
import { readOptions } from '../options.ts'
import { atOnce } from './at-once.ts'
import { sendCsv } from './connections-csv.ts'
import { connectionSummary } from './connections-summary.ts'
import { checked, checkedId, enabledServiceUrl, requestId, requireAdmin, type User } from './guards.ts'
import { presentAdminAttempt, presentConnection, type ForAdmin } from './present.ts'
import type { Quotas } from './quotas.ts'
import { retryStep } from './retry-step.ts'

export function adminConnectionRoutes(context: ApiContext, quotas: Quotas): Router {
  const { db } = context
  const summary = connectionSummary(context)
  const searching = atOnce({ inAll: 30, perUser: 6 })
  const exporting = atOnce({ inAll: 4, perUser: 2 })

  const forAdmin = async (channels: Channel[]): Promise<ForAdmin> => {
    const users = channels.map(({ userId }) => userId)
    const [emails, options] = await Promise.all([findEmails(db, users), readOptions(context)])
    return { emails, options }
  }
  const present = async (channel: Channel) => presentConnection(channel, await forAdmin([channel]))
  const found = async (id: unknown): Promise<Channel> => {
    const channel = await findConnection(db, checkedId(id))
    if (!channel) throw new AppError('channel_not_found', 'There is no such channel.')
    return channel
  }
  const note = async (request: Request, admin: User, action: AuditAction, channel: Channel) => {
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
  /** @returns null when nothing can fit @throws AppError invalid_input */
  const retryFilter = async (asked: FilterShape, asOf: Date) => {
    const unfit = asked.outcome?.some((code) => !outcomeCodes.some((known) => known === code && !outcomes[known].good))
    if (unfit) {
      const message = 'must be an outcome that failed'
      throw new AppError('invalid_input', `outcome: ${message}`, { errors: [{ field: 'outcome', message }] })
    }
    const filter = await storedFilter(context, asked)
    return filter && { ...filter, asOf, timed: outcomeCodes.filter(waitsForServer) }
  }

  return Router()
    .get('/admin/connections', async (request, response) => {
      const admin = await requireAdmin(context, request)
      using _place = searching(admin.id)
      const { limit, cursor, ...asked } = checked(ConnectionQuery, request.query)
      const after = cursor === undefined ? undefined : readCursor(cursor)
      const filter = await storedFilter(context, asked)
      const { channels, next } = filter
        ? await listConnections(db, filter, { limit, after, at: new Date() })
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
    .get('/admin/connections/retry', async (request, response) => {
      const admin = await requireAdmin(context, request)
      using _place = searching(admin.id)
      const filter = await retryFilter(checked(FilterShape, request.query), new Date())
      response.json({ count: filter ? await countRetriable(db, filter) : 0 } satisfies Retriable)
    })
    .get('/admin/connections/:id', async (request, response) => {
      await requireAdmin(context, request)
      const channel = await found(request.params.id)
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
      const act = { at, actor: admin.email, action: 'connections_retried' as const, requestId: requestId(request) }
      response.json({
        retried: await orderRetry(db, { ...act, option: 'retry', from, to: '' }, filter),
      } satisfies Retried)
    })
    .delete('/admin/connections/:id', async (request, response) => {
      const admin = await requireAdmin(context, request)
      const of = { id: checkedId(request.params.id) }
      const removed = await submitDisconnect(db, of, requestId(request), new Date())
      if (!removed) throw new AppError('channel_not_found', 'There is no such channel.')
      await Promise.all([startStep(context, removed), note(request, admin, 'connection_disconnected', removed)])
      response.status(204).end()
    })
    .post('/admin/connections/:id/retry', async (request, response) => {
      const admin = await requireAdmin(context, request)
      await quotas.take('retry', request, response, admin.id)
      const { channel, started } = await retryStep(context, {
        find: () => found(request.params.id),
        mayRun: () => enabledServiceUrl(context, PAUSED),
        requestId: requestId(request),
        toReconnect: 'the user has to reconnect',
      })
      if (started) await note(request, admin, 'connection_retried', channel)
      response.status(202).json(await present(channel))
    })

  /** Whom else it concerns that sign-ins do not go to the server of an account. */
  async function peopleElsewhere({ outcome }: Channel) {
    if (outcome?.code !== 'wrong_server' || !outcome.params.actualServer) return null
    return countPeopleElsewhere(db, outcome.params.actualServer)
  }
}

const PAUSED = 'Nothing runs while Bluesky connections are paused. Set Status to enabled first.'

/** @returns null when nothing can fit */
async function storedFilter({ db }: Pick<ApiContext, 'db'>, asked: FilterShape): Promise<ConnectionFilter | null> {
  const { status, outcome, fixBy, server, user, asked: forHelp, q, from, to } = asked
  let codes: OutcomeCode[] | undefined
  let statuses = status
  if (outcome || fixBy) {
    codes = outcomeCodes.filter(
      (code) =>
        (!outcome || outcome.includes(code)) &&
        (!fixBy || (fixBy.includes(outcomes[code].fixBy) && !outcomes[code].good)),
    )
    // A failure is never that of a connected channel, so those need not be searched for one.
    const good = codes.some((code) => outcomes[code].good)
    const bad = codes.some((code) => !outcomes[code].good)
    statuses = (status ?? [...channelStatuses]).filter((each) => (each === 'connected' ? good : bad))
  }
  const userId = user?.includes('@') ? (await findUserIds(db, user.trim().toLowerCase(), 1))[0] : user
  const prefix = q === undefined ? undefined : searched(q)
  if (codes?.length === 0 || statuses?.length === 0 || (user !== undefined && userId === undefined)) return null
  return {
    ...(statuses ? { statuses } : {}),
    ...(codes ? { codes } : {}),
    ...(server ? { serviceUrl: URL.parse(server)?.origin ?? server } : {}),
    ...(userId ? { userId } : {}),
    ...(forHelp ? { asked: true as const } : {}),
    ...(prefix ? { prefix } : {}),
    ...(from ? { from: new Date(from) } : {}),
    ...(to ? { to: new Date(to) } : {}),
  }
}

/** A whole account in any of the ways in which it is copied, or the beginning of one. */
function searched(q: string): string {
  const read = readIdentifier(q)
  return 'identifier' in read ? read.identifier : asciiOf(q.trim().replace(/^@/, '').toLowerCase())
}

const writeCursor = ({ rank, since, id, asOf }: Position) =>
  Buffer.from([rank, since.getTime(), id, asOf.getTime()].join(' ')).toString('base64url')

/** @throws AppError bad_request */
function readCursor(cursor: string): Position {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const [, rank, since, id, asOf] = /^([0-3]) (\d{1,15}) ([0-9a-f]{24}) (\d{1,15})$/.exec(text) ?? []
  if (!rank || !since || !id || !asOf) throw new AppError('bad_request', 'The cursor is not one of ours.')
  return { rank: Number(rank), since: new Date(Number(since)), id, asOf: new Date(Number(asOf)) }
}
