// /api/channels: connect, list, look at, reconnect, verify and remove one's own channels.
import { createHmac } from 'node:crypto'
import { Router, type Request, type Response } from 'express'
import type { ApiContext } from '../app.ts'
import { cleanAppPassword, cleanIdentifier } from '../input/clean.ts'
import { outcomes } from '../outcomes/catalogue.ts'
import { buttonOf } from '../outcomes/rules.ts'
import { ConnectBody, PageQuery, ReconnectBody } from '../contract.ts'
import { listAttempts } from '../db/attempts.ts'
import {
  askAdmin,
  findOwnChannel,
  isInStep,
  listOwnChannels,
  submitConnect,
  submitDisconnect,
  submitReconnect,
  submitVerify,
  type Channel,
} from '../db/channels.ts'
import { findKey, keepKey } from '../db/idempotency-keys.ts'
import { AppError } from '../errors.ts'
import { announce } from '../events.ts'
import { startStep } from '../jobs.ts'
import { checked, checkedId, enabledServiceUrl, requestId, requireUser, type User } from './guards.ts'
import { presentAttempt, presentChannel } from './present.ts'
import type { Quotas } from './quotas.ts'
import { retryStep } from './retry-step.ts'

/** Letters and digits alone. */
const bare = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')

const KEY_LIFE_MS = 24 * 3600_000

export function channelRoutes(context: ApiContext, quotas: Quotas): Router {
  const { db, seal } = context

  const accepted = (response: Response, channel: Channel) =>
    response.status(202).location(`/api/channels/${channel._id.toHexString()}`).json(presentChannel(channel))

  const own = async (user: User, id: unknown): Promise<Channel> => {
    const channel = await findOwnChannel(db, checkedId(id), user.id)
    if (!channel) throw new AppError('channel_not_found', 'There is no such channel.')
    return channel
  }

  /** What every new password goes through before it is kept. @throws AppError */
  const submission = async (request: Request, typedPassword: string) => {
    const appPassword = cleanAppPassword(typedPassword)
    if (!appPassword) throw refusal('password_not_app_format', 'appPassword')
    return {
      serviceUrl: await serviceUrlFor(context),
      requestId: requestId(request),
      at: new Date(),
      sealFor: (channelId: string) => seal('password', channelId, appPassword),
    }
  }

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
      const identifier = cleanIdentifier(body.identifier)
      if (!identifier) throw refusal('identifier_malformed', 'identifier')
      const submitted = await submission(request, body.appPassword)
      // Somebody who put the password into both fields: as part of an identifier it would be kept, shown and looked up.
      if (bare(identifier).includes(bare(body.appPassword))) throw refusal('identifier_malformed', 'identifier')
      const { channel, started } = await quotas.whileStarting(user.id, () =>
        submitConnect(db, { userId: user.id, identifier, ...submitted }),
      )
      if (key) {
        const channelId = channel._id.toHexString()
        await keepKey(db, { userId: user.id, key, bodyHash, channelId, at: submitted.at, since })
      }
      if (started) await startStep(context, channel)
      accepted(response, channel)
    })
    .get('/channels', async (request, response) => {
      const user = await requireUser(context, request)
      const { limit, cursor } = checked(PageQuery, request.query)
      const page = await listOwnChannels(db, user.id, limit + 1, cursor && checkedId(cursor, 'bad_request'))
      const channels = page.slice(0, limit)
      const last = page.length > limit ? channels.at(-1) : undefined
      response.json({ channels: channels.map(presentChannel), nextCursor: last?._id.toHexString() ?? null })
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
      const submitted = await submission(request, body.appPassword)
      const started = await quotas.whileStarting(user.id, () => submitReconnect(db, channel, submitted))
      if (started) await startStep(context, started)
      accepted(response, started ?? (await own(user, request.params.id)))
    })
    .post('/channels/:id/verify', async (request, response) => {
      const user = await requireUser(context, request)
      await quotas.take('verify', request, response, user.id)
      const channel = await own(user, request.params.id)
      if (isInStep(channel)) return accepted(response, channel)
      await serviceUrlFor(context)
      const started = await quotas.whileStarting(user.id, () =>
        submitVerify(db, channel, requestId(request), new Date()),
      )
      if (!started)
        throw new AppError('channel_not_connected', 'This channel has no session: connect it with an app password.')
      await startStep(context, started)
      accepted(response, started)
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
    .delete('/channels/:id', async (request, response) => {
      const user = await requireUser(context, request)
      const of = { id: checkedId(request.params.id), userId: user.id }
      const removed = await submitDisconnect(db, of, requestId(request), new Date())
      if (!removed) throw new AppError('channel_not_found', 'There is no such channel.')
      await startStep(context, removed)
      response.status(204).end()
    })
}

const serviceUrlFor = (context: ApiContext) =>
  enabledServiceUrl(context, outcomes.integration_disabled.cause, { fix: 'Try again when they are switched on.' })

/** The words of the catalogue for what the front door can tell by itself. */
function refusal(code: 'identifier_malformed' | 'password_not_app_format', field: string) {
  const { title, cause, fix, link } = outcomes[code]
  const errors = [{ field, message: `${title}. ${fix}` }]
  return new AppError(code, cause, { fix, ...(link ? { link } : {}), errors })
}

function idempotencyKey(request: Request): string | undefined {
  const key = request.get('idempotency-key')
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new AppError('bad_request', 'Idempotency-Key must be 1 to 255 visible ASCII characters.')
  }
  return key
}
