// The connect step: signs in with the app password, keeps the session, destroys the password.
import { diagnose } from '../src/bluesky/outcomes.ts'
import { endSession, readProfile, signIn } from '../src/bluesky/session.ts'
import type { Evidence } from '../src/bluesky/evidence.ts'
import { mergeInto, toVerifying, type Channel } from '../src/db/channels.ts'
import { announce } from '../src/events.ts'
import { enqueue } from '../src/jobs.ts'
import { limitOf, stepHandler, summarize, type StepEnd } from './run-job.ts'

export const connect = stepHandler('connect', async (context, channel, signal): Promise<StepEnd> => {
  const { db, http, secrets } = context
  const channelId = channel._id.toHexString()
  const params = { server: channel.serviceUrl, identifier: channel.identifier }
  const sealed = channel.secrets?.password
  // Only a channel that waited too long comes here without its password.
  if (!sealed) return { code: 'unknown', params, answer: null }
  const password = await secrets.open('password', channelId, sealed)
  const target = { http, serviceUrl: channel.serviceUrl, signal }

  const signedIn = await signIn(target, channel.identifier, password)
  const seen: Evidence = {
    step: 'connect',
    serviceUrl: channel.serviceUrl,
    call: 'createSession',
    answer: signedIn.answer,
    expectedDid: channel.did ?? (channel.identifier.startsWith('did:') ? channel.identifier : null),
    ...(signedIn.seen ? { session: signedIn.seen } : {}),
  }
  const answer = summarize(seen, signedIn.durationMs)
  const code = diagnose(seen)
  const { session, pdsUrl } = signedIn
  if (!session || !signedIn.seen || !pdsUrl || code !== 'signed_in') {
    // A session that is not kept is not left open either; that it cannot be ended changes nothing.
    if (session) await endSession(target, session)
    const seenHandle = signedIn.seen && { seenHandle: signedIn.seen.handle }
    return { code, params: { ...params, ...seenHandle }, answer, limit: limitOf(seen) }
  }

  const profile = await readProfile({ ...target, serviceUrl: pdsUrl }, session.did)
  const account = { did: session.did, handle: signedIn.seen.handle, pdsUrl, ...profile }
  const seal = (id: string) => secrets.seal('session', id, JSON.stringify(session))
  const at = new Date()
  const next = await toVerifying(db, channel, { ...account, sealedSession: await seal(channelId) }, at)
  if (!next) {
    // Overtaken by a newer run, which signs in by itself.
    await endSession(target, session)
    return { code, params, answer, moved: channel }
  }
  if (!('sameAs' in next)) {
    await start(context, next)
    return { code, params, answer, moved: next }
  }
  const older = next.sameAs.toHexString()
  const survivor = await mergeInto(db, channel, next.sameAs, { ...account, sealedSession: await seal(older) }, channel.requestId, at)
  if (!survivor) throw new Error('the channel to merge into changed meanwhile')
  await start(context, survivor)
  await announce(context, { userId: channel.userId, channelId, removed: { mergedInto: older } })
  return { code, params, answer, moved: survivor }
})

async function start(context: Parameters<typeof announce>[0] & Parameters<typeof enqueue>[0], channel: Channel) {
  const channelId = channel._id.toHexString()
  await enqueue(context, 'verify', { channelId, run: channel.run, requestId: channel.requestId })
  await announce(context, { userId: channel.userId, channelId })
}
