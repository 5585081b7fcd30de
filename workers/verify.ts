// The verify step: proves that the session can post, without posting.
import { namesSeen, needsLook } from '../src/bluesky/identity.ts'
import { diagnose, outcomes } from '../src/bluesky/outcomes.ts'
import { provePosting } from '../src/bluesky/posting-proof.ts'
import { readScope, refresh, Session } from '../src/bluesky/session.ts'
import type { Evidence } from '../src/bluesky/evidence.ts'
import { keepSession, type ChannelWithSecrets } from '../src/db/channels.ts'
import { limitOf, stepHandler, summarize, type StepEnd, type WorkerContext } from './run-job.ts'
import { visit } from './visit.ts'

export const verify = stepHandler('verify', (context, channel, signal) => {
  const origin = channel.pdsUrl ?? channel.serviceUrl
  return visit(context.hosts, { step: 'verify', origin }, () => proveAndKeep(context, channel, signal))
})

async function proveAndKeep(
  context: WorkerContext,
  channel: ChannelWithSecrets,
  signal: AbortSignal,
): Promise<StepEnd> {
  const { db, http, secrets, identity, appview } = context
  const channelId = channel._id.toHexString()
  const pdsUrl = channel.pdsUrl ?? channel.serviceUrl
  const params = { server: pdsUrl, identifier: channel.identifier }
  const sealed = channel.secrets?.session
  if (!sealed) return { code: 'session_revoked', params, answer: null }
  let session = Session.parse(JSON.parse(await secrets.open('session', channelId, sealed)))

  const question = { identifier: channel.identifier, knownDid: session.did, signal }
  const end = async (seen: Evidence, durationMs: number): Promise<StepEnd> => {
    if (needsLook(seen)) seen.identity = await identity.look({ ...question, serviceUrl: seen.serviceUrl })
    const code = diagnose(seen)
    return {
      code,
      params: { ...params, ...namesSeen(seen) },
      answer: summarize(seen, durationMs),
      limit: limitOf(seen),
      ...(outcomes[code].good ? { verifiedAt: new Date() } : {}),
    }
  }
  // Only of an account whose server has no objection, and while the proof goes on: nobody waits longer for it.
  let hidden: Promise<boolean> | undefined
  const ask = () => {
    hidden ??= appview.hides(session.did, signal)
  }
  const prove = () => provePosting({ http, serviceUrl: pdsUrl, signal }, session, channelId, ask)

  // The first time follows on a sign-in, which has looked already; later the account may have moved.
  const looking = channel.lastVerifiedAt
    ? identity.lookAfterSignIn({ ...question, serviceUrl: pdsUrl, session })
    : Promise.resolve(undefined)
  let proof = await prove()
  if (proof.answer.kind === 'error' && proof.answer.error === 'ExpiredToken') {
    // The server that signed in is the one that refreshes, which behind an entryway is another than the account's.
    const renewed = await refresh({ http, serviceUrl: channel.serviceUrl, signal }, session)
    if (!renewed.session) {
      return end(
        { step: 'verify', serviceUrl: channel.serviceUrl, call: 'refreshSession', answer: renewed.answer },
        renewed.durationMs,
      )
    }
    session = renewed.session
    await keepSession(db, channel, await secrets.seal('session', channelId, JSON.stringify(session)))
    proof = await prove()
  }
  const { call, answer, write, durationMs } = proof
  const seen: Evidence = {
    step: 'verify',
    serviceUrl: pdsUrl,
    call,
    answer,
    ...(write ? { write, sessionScope: readScope(session.accessJwt), hiddenOnBluesky: await hidden } : {}),
  }
  const found = write ? await looking : undefined
  return end({ ...seen, ...(found ? { identity: found } : {}) }, durationMs)
}
