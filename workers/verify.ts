// The verify step: proves that the session can post, without posting.
import { checkPosting } from '../src/bluesky/posting-check.ts'
import { KeptSession, readProfile } from '../src/bluesky/session.ts'
import type { ChannelDoc } from '../src/db/channels.ts'
import { keepSession, settleStep, type Learnt } from '../src/db/steps.ts'
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
  const isFirst = !channel.lastVerifiedAt
  const lookup = isFirst
    ? Promise.resolve(undefined)
    : identity.lookupAfterSignIn({ ...question, knownHandle: channel.handle, serviceUrl: origin, session })
  // Asked as soon as the server takes writes, beside the rest of the proof, so that the step takes no longer.
  let view: ReturnType<typeof appview.view> | undefined
  let profile: ReturnType<typeof readProfile> | undefined
  const { seen, durationMs } = await checkPosting({
    http,
    signal,
    channelId,
    session,
    pdsUrl: origin,
    serviceUrl,
    mayWrite: !before.published,
    left: before.left,
    keep: async (renewed) =>
      keepSession(db, channel, await seal('session', channelId, JSON.stringify({ ...renewed, serviceUrl }))),
    accepted: () => {
      view ??= appview.view(session.did, signal)
      if (!isFirst) profile ??= readProfile({ http, serviceUrl: origin, signal }, session.did, told)
    },
  })
  seen.leftBefore = before.left
  await rememberTestPosts(context, testPost, { testPost: seen.testPost, before })
  const learnt: Learnt = {}
  if (seen.testPost) {
    const [found, onBluesky, shown] = await Promise.all([lookup, view, profile])
    seen.onBluesky = onBluesky
    if (found) seen.identity = found
    if (found?.currentHandle) learnt.handle = found.currentHandle
    Object.assign(learnt, shown)
  }
  return { kind: 'seen', seen, durationMs, question: { ...question, serviceUrl: seen.serviceUrl }, learnt }
}

export const verify: Step = {
  where(_context, { pdsUrl, serviceUrl, lastVerifiedAt }) {
    // The session of the first check is new.
    const refreshes = lastVerifiedAt ? { refreshesAt: serviceUrl } : {}
    return { kind: 'server', origin: pdsUrl ?? serviceUrl, ...refreshes }
  },

  ask: askToPost,

  async keep({ db }, channel, asked, outcome) {
    const learnt = asked.kind === 'seen' ? asked.learnt : {}
    const settled = await settleStep(db, channel, {
      status: 'connected',
      outcome: { ...outcome, step: 'verify' },
      nextTryAt: null,
      keepPassword: false,
      attempted: true,
      learnt: { ...learnt, lastVerifiedAt: outcome.at },
    })
    return settled ? { kind: 'kept', channel: settled } : { kind: 'overtaken' }
  },
}
