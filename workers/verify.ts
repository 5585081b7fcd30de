// The verify step: proves that the session can post, without posting.
import { diagnose } from '../src/bluesky/outcomes.ts'
import { provePosting } from '../src/bluesky/posting-proof.ts'
import { refresh, Session } from '../src/bluesky/session.ts'
import type { Evidence } from '../src/bluesky/evidence.ts'
import { keepSession } from '../src/db/channels.ts'
import { limitOf, stepHandler, summarize, type StepEnd } from './run-job.ts'

export const verify = stepHandler('verify', async ({ db, http, secrets }, channel, signal): Promise<StepEnd> => {
  const channelId = channel._id.toHexString()
  const pdsUrl = channel.pdsUrl ?? channel.serviceUrl
  const params = { server: pdsUrl, identifier: channel.identifier }
  const sealed = channel.secrets?.session
  if (!sealed) return { code: 'session_revoked', params, answer: null }
  let session = Session.parse(JSON.parse(await secrets.open('session', channelId, sealed)))

  const end = (seen: Evidence, durationMs: number): StepEnd => ({
    code: diagnose(seen),
    params,
    answer: summarize(seen, durationMs),
    limit: limitOf(seen),
    ...(seen.write ? { verifiedAt: new Date() } : {}),
  })
  const prove = () => provePosting({ http, serviceUrl: pdsUrl, signal }, session, channelId)

  let proof = await prove()
  if (proof.answer.kind === 'error' && proof.answer.error === 'ExpiredToken') {
    // The server that signed in is the one that refreshes, which behind an entryway is another than the account's.
    const renewed = await refresh({ http, serviceUrl: channel.serviceUrl, signal }, session)
    if (!renewed.session) {
      return end({ step: 'verify', serviceUrl: channel.serviceUrl, call: 'refreshSession', answer: renewed.answer }, renewed.durationMs)
    }
    session = renewed.session
    await keepSession(db, channel, await secrets.seal('session', channelId, JSON.stringify(session)))
    proof = await prove()
  }
  const { call, answer, write, durationMs } = proof
  return end({ step: 'verify', serviceUrl: pdsUrl, call, answer, ...(write ? { write } : {}) }, durationMs)
})
