// /api/channels: connect, list, look at, reconnect, verify and remove one's own channels.
import { createHmac } from 'node:crypto'
import { Router, type Request, type Response } from 'express'
import type { ApiContext } from '../app.ts'
import { cleanAppPassword, repeats } from '../input/app-password.ts'
import { identifierProblems, readIdentifier, type IdentifierProblem } from '../input/identifier.ts'
import { outcomes } from '../outcomes/catalogue.ts'
import { buttonOf } from '../outcomes/rules.ts'
import { idOf, recallAppPasswords, rememberAppPasswords } from '../app-passwords.ts'
import { ChannelQuery, ConnectBody, ReconnectBody, RemoveQuery } from '../contract.ts'
import { listAttempts } from '../db/attempts.ts'
import { askAdmin, isInStep, submitConnect, submitReconnect, type Channel } from '../db/channels.ts'
import { listOwnChannels, summarizeOwnChannels, type OwnPosition } from '../db/own-channels.ts'
import { findKey, keepKey } from '../db/idempotency-keys.ts'
import { AppError } from '../errors.ts'
import { announce } from '../events.ts'
import { enqueue, startStep } from '../jobs.ts'
import { ownChannel, removeChannel, serviceUrlFor, verifyChannel } from './channel-acts.ts'
import { checked, requestId, requireUser, type User } from './guards.ts'
import { readHandleDomain } from './handle-domain.ts'
import { presentAppPasswords, presentAttempt, presentChannel, presentSummary } from './present.ts'
import type { Quotas } from './quotas.ts'
import { retryStep } from './retry-step.ts'

const KEY_LIFE_MS = 24 * 3600_000

export function channelRoutes(context: ApiContext, quotas: Quotas): Router {
  const { db, seal } = context

  const accepted = (response: Response, channel: Channel) =>
    response.status(202).location(`/api/channels/${channel._id.toHexString()}`).json(presentChannel(channel))

  const own = (user: User, id: unknown): Promise<Channel> => ownChannel(context, user, id)

  /** One that the server named, and no other. @throws AppError app_password_unknown */
  const chosenOf = async ({ _id }: Channel, id: string) => {
    const { appPasswords } = await recallAppPasswords(context, _id.toHexString())
    const chosen = appPasswords.find((one) => idOf(one) === id)
    if (!chosen) {
      throw new AppError('app_password_unknown', 'The list of app passwords is too old: ask for it again.')
    }
    return { name: chosen.name, createdAt: chosen.createdAt }
  }

  /** @throws AppError identifier_malformed */
  const readAccount = async (typed: string): Promise<string> => {
    const alone = readIdentifier(typed)
    const isBare = 'problem' in alone && alone.problem === 'no_domain'
    const read = isBare ? readIdentifier(typed, await readHandleDomain(context)) : alone
    if ('problem' in read) throw malformed(read.problem)
    return read.identifier
  }

  /** @throws AppError password_not_app_format */
  const readPassword = (typed: string): string => {
    const appPassword = cleanAppPassword(typed)
    if (!appPassword) throw notAnAppPassword()
    return appPassword
  }

  /** What every new password goes through before it is kept. @throws AppError */
  const submission = async (request: Request, appPassword: string) => ({
    serviceUrl: await serviceUrlFor(context),
    requestId: requestId(request),
    at: new Date(),
    sealFor: (channelId: string) => seal('password', channelId, appPassword),
  })

  return Router()
    .post('/channels/bluesky', async (request, response) => {
      const user = await requireUser(context, request)
      await quotas.take('connect', request, response, user.id)
      const body = checked(ConnectBody, request.body)
      const key = idempotencyKey(request)
      const since = new Date(Date.now() - KEY_LIFE_MS)
      const bodyHash = createHmac('sha256', context.config.authSecret).update(JSON.stringify(body)).digest('base64')
      const used = key && (await findKey(db, user.id, key, since))
      if (used) {
        if (used.bodyHash !== bodyHash) {
          throw new AppError('idempotency_key_reused', 'Use a new Idempotency-Key for another handle or app password.')
        }
        return accepted(response, await own(user, used.channelId))
      }
      const identifier = await readAccount(body.identifier)
      const appPassword = readPassword(body.appPassword)
      // Somebody put the password into both fields: as part of an identifier it would be kept, shown and looked up.
      if ([body.identifier, identifier].some((text) => repeats(text, appPassword))) throw malformed('app_password')
      const submitted = await submission(request, appPassword)
      const { channel, started } = await quotas.whileStarting(user.id, () =>
        submitConnect(db, { userId: user.id, identifier, ...submitted }),
      )
      if (key) {
        const channelId = channel._id.toHexString()
        await keepKey(db, { userId: user.id, key, bodyHash, channelId, at: submitted.at, since })
      }
      if (started) {
        context.metrics.connectAccepted('connect')
        await startStep(context, channel)
      }
      accepted(response, channel)
    })
    .get('/channels', async (request, response) => {
      const user = await requireUser(context, request)
      const { limit, cursor, group } = checked(ChannelQuery, request.query)
      const after = cursor === undefined ? undefined : readCursor(cursor)
      const page = await listOwnChannels(db, user.id, limit + 1, { after, group })
      const channels = page.slice(0, limit)
      const last = page.length > limit ? channels.at(-1) : undefined
      response.json({ channels: channels.map(presentChannel), nextCursor: last ? writeCursor(last) : null })
    })
    .get('/channels/summary', async (request, response) => {
      const user = await requireUser(context, request)
      response.json(presentSummary(await summarizeOwnChannels(db, user.id)))
    })
    .get('/channels/:id', async (request, response) => {
      const channel = await own(await requireUser(context, request), request.params.id)
      if (channel.mergedInto) return response.redirect(308, `/api/channels/${channel.mergedInto.toHexString()}`)
      const attempts = await listAttempts(db, channel._id)
      response.json({ ...presentChannel(channel), attempts: attempts.map(presentAttempt) })
    })
    .post('/channels/:id/reconnect', async (request, response) => {
      const user = await requireUser(context, request)
      await quotas.take('connect', request, response, user.id)
      const body = checked(ReconnectBody, request.body)
      const channel = await own(user, request.params.id)
      if (isInStep(channel)) return accepted(response, channel)
      const submitted = await submission(request, readPassword(body.appPassword))
      const started = await quotas.whileStarting(user.id, () => submitReconnect(db, channel, submitted))
      if (started) {
        context.metrics.connectAccepted('reconnect')
        await startStep(context, started)
      }
      accepted(response, started ?? (await own(user, request.params.id)))
    })
    .post('/channels/:id/verify', async (request, response) => {
      const user = await requireUser(context, request)
      await quotas.take('verify', request, response, user.id)
      const { id } = request.params
      accepted(response, await verifyChannel(context, quotas, { user, id, requestId: requestId(request) }))
    })
    .post('/channels/:id/ask', async (request, response) => {
      const user = await requireUser(context, request)
      const channel = await own(user, request.params.id)
      if (channel.askedAt) return response.json(presentChannel(channel))
      if (buttonOf(channel, new Date()) !== 'ask_admin') {
        throw new AppError('not_for_admin', 'An administrator cannot help with how this channel stands.')
      }
      const asked = await askAdmin(db, channel, new Date())
      if (asked) await announce(context, { userId: user.id, channelId: asked._id.toHexString() })
      response.json(presentChannel(asked ?? (await own(user, request.params.id))))
    })
    .post('/channels/:id/retry', async (request, response) => {
      const user = await requireUser(context, request)
      await quotas.take('retry', request, response, user.id)
      const { channel } = await retryStep(context, {
        find: () => own(user, request.params.id),
        mayRun: () => serviceUrlFor(context),
        counted: (start) => quotas.whileStarting(user.id, start),
        requestId: requestId(request),
        toReconnect: 'reconnect',
      })
      accepted(response, channel)
    })
    .post('/channels/:id/app-passwords', async (request, response) => {
      const user = await requireUser(context, request)
      await quotas.take('verify', request, response, user.id)
      const { _id, did, live, lease } = await own(user, request.params.id)
      if (!live || did === null)
        throw new AppError('channel_not_connected', 'This channel has no session that could ask for them.')
      const channelId = _id.toHexString()
      const payload = { channelId, generation: lease.generation, userId: user.id, requestId: requestId(request) }
      const asking = { state: 'asking' as const, appPasswords: [] }
      await rememberAppPasswords(context, channelId, asking)
      const enqueued = await enqueue(context, 'list_app_passwords', payload)
      response.status(202).json(presentAppPasswords(enqueued ? asking : { ...asking, state: 'unanswered' }))
    })
    .get('/channels/:id/app-passwords', async (request, response) => {
      const user = await requireUser(context, request)
      const { _id } = await own(user, request.params.id)
      response.json(presentAppPasswords(await recallAppPasswords(context, _id.toHexString())))
    })
    .delete('/channels/:id', async (request, response) => {
      const user = await requireUser(context, request)
      const { appPassword } = checked(RemoveQuery, request.query)
      const { id } = request.params
      const chosen = appPassword === undefined ? undefined : await chosenOf(await own(user, id), appPassword)
      await removeChannel(context, { user, id, requestId: requestId(request) }, chosen)
      response.status(204).end()
    })
}

const writeCursor = ({ rank, _id }: Channel) => `${rank}-${_id.toHexString()}`

/** @throws AppError bad_request */
function readCursor(cursor: string): OwnPosition {
  const [, rank, id] = /^([0-3])-([0-9a-f]{24})$/.exec(cursor) ?? []
  if (!rank || !id) throw new AppError('bad_request', 'The cursor is not one of ours.')
  return { rank: Number(rank), id }
}

/** Says what is true of this text: the words of the catalogue are about handles in general. */
function malformed(problem: IdentifierProblem) {
  const { fix } = outcomes.identifier_malformed
  const message = identifierProblems[problem]
  return new AppError('identifier_malformed', message, { fix, errors: [{ field: 'identifier', message }] })
}

function notAnAppPassword() {
  const { title, cause, fix, link } = outcomes.password_not_app_format
  const errors = [{ field: 'appPassword', message: `${title}. ${fix}` }]
  return new AppError('password_not_app_format', cause, { fix, ...(link ? { link } : {}), errors })
}

function idempotencyKey(request: Request): string | undefined {
  const key = request.get('idempotency-key')
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new AppError('bad_request', 'Idempotency-Key must be 1 to 255 visible ASCII characters.')
  }
  return key
}
