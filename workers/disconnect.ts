// Ends the session of a removed channel on its server and forgets the channel.
import { diagnose, outcomes } from '../src/outcomes/catalogue.ts'
import { endSession, KeptSession } from '../src/bluesky/session.ts'
import type { Evidence } from '../src/outcomes/evidence.ts'
import type { ChannelWithSecrets } from '../src/db/channels.ts'
import { findRemoved, forgetChannel, retryRemoved } from '../src/db/steps.ts'
import { SealError } from '../src/secrets.ts'
import { decide } from './decision.ts'
import { limitOf, summarize, type JobHandler, type WorkerContext } from './run-job.ts'
import { visit } from './gate/visit.ts'
import { waitRemoved } from './gate/waiting.ts'

export const disconnect: JobHandler = async (context, { channelId, run }, signal) => {
  const { db, hosts, config } = context
  const channel = await findRemoved(db, channelId, run)
  if (!channel) return { skipped: 'nothing to do' }
  const session = await openSession(context, channel)
  const inTime = Date.now() <= channel.submittedAt.getTime() + config.retry.giveUpAfterMs
  if (session && inTime) {
    const serviceUrl = session.serviceUrl ?? channel.serviceUrl
    const end = await visit(hosts, { step: 'disconnect', origin: serviceUrl }, async () => {
      const { answer, durationMs } = await endSession({ http: context.http, serviceUrl, signal }, session)
      const seen: Evidence = { step: 'verify', serviceUrl, call: 'deleteSession', answer }
      return { code: diagnose(seen), answer: summarize(seen, durationMs), limit: limitOf(seen) }
    })
    if ('go' in end) return waitRemoved(db, channel, end)
    const { code, answer, limit } = end
    const { tries, submittedAt } = channel
    // After any other answer there is nothing left to end.
    const passing = outcomes[code].fixBy === 'time'
    const { nextTryAt } = decide({ code, tries, submittedAt, limit }, config.retry, new Date())
    if (passing && nextTryAt) {
      await retryRemoved(db, channel, nextTryAt, 1)
      return { ended: false, outcome: code, server: serviceUrl, answer }
    }
  }
  await forgetChannel(db, channel)
  return { ended: session !== null && inTime }
}

/** @returns null when there is none, or none that can be opened any more: it cannot be ended either */
async function openSession({ secrets }: WorkerContext, { _id, secrets: sealed }: ChannelWithSecrets) {
  if (!sealed?.session) return null
  try {
    return KeptSession.parse(JSON.parse(await secrets.open('session', _id.toHexString(), sealed.session)))
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}
