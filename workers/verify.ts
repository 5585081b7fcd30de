// The verify step: proves that the session can post, without posting.
import { namesSeen, needsLook } from '../src/bluesky/identity.ts'
import { diagnose, outcomes } from '../src/outcomes/catalogue.ts'
import { checkPosting } from '../src/bluesky/posting-check.ts'
import { KeptSession } from '../src/bluesky/session.ts'
import type { Evidence } from '../src/outcomes/evidence.ts'
import type { ChannelWithSecrets } from '../src/db/channels.ts'
import { keepSession } from '../src/db/steps.ts'
import { recallTestWrites, rememberTestWrites } from './test-writes.ts'
import { limitOf, stepHandler, summarize, type StepEnd, type WorkerContext } from './run-job.ts'
import { visit } from './gate/visit.ts'

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
  const testWrite = { origin: pdsUrl, channelId }
  const [opened, before] = await Promise.all([
    secrets.open('session', channelId, sealed),
    recallTestWrites(context, testWrite),
  ])
  const session = KeptSession.parse(JSON.parse(opened))
  const serviceUrl = session.serviceUrl ?? channel.serviceUrl

  const told = [session.accessJwt, session.refreshJwt]
  const question = { identifier: channel.identifier, knownDid: session.did, secrets: told, signal }
  const end = async (seen: Evidence, durationMs: number): Promise<StepEnd> => {
    // Some servers answer with a fault whatever the reason: one that stays is looked into.
    const stays = channel.outcome?.code === 'pds_error' && diagnose(seen) === 'pds_error'
    if (needsLook(seen) || stays) seen.identity = await identity.look({ ...question, serviceUrl: seen.serviceUrl })
    const code = diagnose(seen)
    return {
      code,
      params: { ...params, ...namesSeen(seen) },
      answer: summarize(seen, durationMs),
      limit: limitOf(seen),
      ...(outcomes[code].good ? { verifiedAt: new Date() } : {}),
    }
  }
  // The first time follows on a sign-in, which has looked already; later the account may have moved.
  const looking = channel.lastVerifiedAt
    ? identity.lookAfterSignIn({ ...question, serviceUrl: pdsUrl, session })
    : Promise.resolve(undefined)
  // Only of an account whose server has no objection, and while the proof goes on: nobody waits longer for it.
  let hidden: Promise<boolean> | undefined
  const { seen, durationMs } = await checkPosting({
    http,
    signal,
    channelId,
    session,
    pdsUrl,
    serviceUrl,
    mayWrite: !before.published,
    keep: async (renewed) =>
      keepSession(db, channel, await secrets.seal('session', channelId, JSON.stringify({ ...renewed, serviceUrl }))),
    accepted: () => {
      hidden ??= appview.hides(session.did, signal)
    },
  })
  // The post of an earlier proof is still there, unless the account itself is the reason.
  if (before.left && !seen.testPost && outcomes[diagnose(seen)].fixBy !== 'user') seen.testPost = 'left'
  await rememberTestWrites(context, testWrite, { write: seen.testPost, before })
  if (!seen.testPost) return end(seen, durationMs)
  const [found, hiddenOnBluesky] = await Promise.all([looking, hidden])
  return end({ ...seen, hiddenOnBluesky, ...(found ? { identity: found } : {}) }, durationMs)
}
