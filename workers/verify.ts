// The verify step, and the check by itself: renews the session, and proves that it can post, without posting.
import { checkPosting, type Busy } from '../src/bluesky/posting-check.ts'
import { endOf, KeptSession, readProfile } from '../src/bluesky/session.ts'
import type { Channel, ChannelDoc } from '../src/db/channels.ts'
import { settleStep, type Learnt } from '../src/db/steps.ts'
import { nextCheckAt } from '../src/schedule.ts'
import { tellsNothing } from './check.ts'
import { renewalOf } from './renewal.ts'
import type { Asked, Asking, Step, WorkerContext } from './step.ts'
import { recallTestPosts, rememberTestPosts } from './test-posts.ts'

/** The session is new: nothing was proved with it yet. */
const followsSignIn = ({ signedInAt, lastVerifiedAt }: Channel) =>
  !lastVerifiedAt || (signedInAt !== undefined && signedInAt !== null && signedInAt > lastVerifiedAt)

async function askToPost(context: WorkerContext, channel: ChannelDoc, asking: Asking): Promise<Asked | Busy> {
  const { http, unseal, identity, appview } = context
  const { origin, signal } = asking
  const channelId = channel._id.toHexString()
  const sealed = channel.secrets?.session
  if (!sealed) return { kind: 'known', code: 'session_revoked' }
  const testPost = { origin, channelId }
  const [unsealed, before] = await Promise.all([
    unseal('session', channelId, sealed),
    recallTestPosts(context, testPost),
  ])
  // A proof without the test post would say of the server what is true of Redis. The step comes back with it.
  if (!before) return { kind: 'busy' }
  const session = KeptSession.parse(JSON.parse(unsealed))
  const serviceUrl = session.serviceUrl ?? channel.serviceUrl
  const told = [session.accessJwt, session.refreshJwt]
  const question = { identifier: channel.identifier, knownDid: session.did, secrets: told, signal }
  // The sign-in made this lookup; before a later check the account may have moved.
  const isFirst = followsSignIn(channel)
  const lookup = isFirst
    ? Promise.resolve(undefined)
    : identity.lookupAfterSignIn({ ...question, knownHandle: channel.handle, serviceUrl: origin, session })
  // Asked as soon as the server takes writes, beside the rest of the proof, so that the step takes no longer.
  let view: ReturnType<typeof appview.view> | undefined
  let profile: ReturnType<typeof readProfile> | undefined
  const renewal = renewalOf(context, channel, sealed, serviceUrl)
  let sessionEndsAt = endOf(session)
  const checked = await checkPosting({
    http,
    signal,
    channelId,
    session,
    pdsUrl: origin,
    serviceUrl,
    mayWrite: !before.published,
    left: before.left,
    renewsFirst: !isFirst,
    claim: renewal.claim,
    keep: (renewed) => {
      sessionEndsAt = endOf(renewed)
      // What else is asked meanwhile repeats neither of them.
      told.push(renewed.accessJwt, renewed.refreshJwt)
      return renewal.keep(renewed)
    },
    accepted: () => {
      view ??= appview.view(session.did, signal)
      if (!isFirst) profile ??= readProfile({ http, serviceUrl: origin, signal }, session.did, told)
    },
  })
  if (checked.kind === 'busy') return checked
  const { seen, durationMs } = checked
  seen.leftBefore = before.left
  await rememberTestPosts(context, testPost, { testPost: seen.testPost, before })
  const learnt: Learnt = { sessionEndsAt }
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
  where(_context, channel) {
    const { pdsUrl, serviceUrl } = channel
    const refreshes = followsSignIn(channel) ? {} : { refreshesAt: serviceUrl }
    return { kind: 'server', origin: pdsUrl ?? serviceUrl, ...refreshes }
  },

  ask: askToPost,

  async keep({ db, config }, channel, asked, outcome) {
    const learnt = asked.kind === 'seen' ? asked.learnt : {}
    const { at } = outcome
    const settled = await settleStep(db, channel, {
      status: 'connected',
      outcome: { ...outcome, step: 'verify' },
      nextTryAt: null,
      keepPassword: false,
      attempted: !tellsNothing(channel, outcome.code),
      learnt: { ...learnt, lastVerifiedAt: at },
      checkAt: nextCheckAt(channel._id.toHexString(), learnt?.sessionEndsAt ?? null, config.checks, at),
    })
    return settled ? { kind: 'kept', channel: settled } : { kind: 'overtaken' }
  },
}
