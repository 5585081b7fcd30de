// The verify step: proves that the session can post, without posting.
import { checkPosting } from '../src/bluesky/posting-check.ts'
import { KeptSession } from '../src/bluesky/session.ts'
import type { ChannelDoc } from '../src/db/channels.ts'
import { keepSession, settleStep } from '../src/db/steps.ts'
import type { Asked, Asking, Step, WorkerContext } from './step.ts'
import { recallTestPosts, rememberTestPosts } from './test-posts.ts'

async function askToPost(context: WorkerContext, channel: ChannelDoc, asking: Asking): Promise<Asked> {
  const { db, http, seal, unseal, identity, appview } = context
  const { origin, signal } = asking
  const channelId = channel._id.toHexString()
  const sealed = channel.secrets?.session
  if (!sealed) return { kind: 'known', code: 'session_revoked' }
  const testPost = { origin, channelId }
  const [unsealed, before] = await Promise.all([
    unseal('session', channelId, sealed),
    recallTestPosts(context, testPost),
  ])
  const session = KeptSession.parse(JSON.parse(unsealed))
  const serviceUrl = session.serviceUrl ?? channel.serviceUrl
  const told = [session.accessJwt, session.refreshJwt]
  const question = { identifier: channel.identifier, knownDid: session.did, secrets: told, signal }
  // The first check follows on a sign-in, which made this lookup; before a later one the account may have moved.
  const lookup = channel.lastVerifiedAt
    ? identity.lookupAfterSignIn({ ...question, serviceUrl: origin, session })
    : Promise.resolve(undefined)
  // Asked as soon as the server takes writes, beside the rest of the proof, so that the step takes no longer.
  let hidden: Promise<boolean> | undefined
  const { seen, durationMs } = await checkPosting({
    http,
    signal,
    channelId,
    session,
    pdsUrl: origin,
    serviceUrl,
    mayWrite: !before.published,
    keep: async (renewed) =>
      keepSession(db, channel, await seal('session', channelId, JSON.stringify({ ...renewed, serviceUrl }))),
    accepted: () => {
      hidden ??= appview.hides(session.did, signal)
    },
  })
  seen.leftBefore = before.left
  await rememberTestPosts(context, testPost, { testPost: seen.testPost, before })
  if (seen.testPost) {
    const [found, hiddenOnBluesky] = await Promise.all([lookup, hidden])
    seen.hiddenOnBluesky = hiddenOnBluesky
    if (found) seen.identity = found
  }
  return { kind: 'seen', seen, durationMs, question: { ...question, serviceUrl: seen.serviceUrl } }
}

export const verify: Step = {
  where(_context, { pdsUrl, serviceUrl, lastVerifiedAt }) {
    // The session of the first check is new.
    const refreshes = lastVerifiedAt ? { refreshesAt: serviceUrl } : {}
    return { kind: 'server', origin: pdsUrl ?? serviceUrl, ...refreshes }
  },

  ask: askToPost,

  async keep({ db }, channel, _asked, outcome) {
    const settled = await settleStep(db, channel, {
      status: 'connected',
      outcome: { ...outcome, step: 'verify' },
      nextTryAt: null,
      keepPassword: false,
      attempted: true,
      learnt: { lastVerifiedAt: outcome.at },
    })
    return settled ? { kind: 'kept', channel: settled } : { kind: 'overtaken' }
  },
}
