// The disconnect step: ends the session of a removed channel on its server and forgets the channel.
import { endSession, KeptSession } from '../src/bluesky/session.ts'
import type { ChannelDoc } from '../src/db/channels.ts'
import { forgetChannels } from '../src/db/steps.ts'
import type { Step, WorkerContext } from './step.ts'
import { SealError } from './unseal.ts'

/** @returns null when there is none, or its key is gone: then it cannot be ended */
async function unsealSession({ unseal }: WorkerContext, { _id, secrets: sealed }: Pick<ChannelDoc, '_id' | 'secrets'>) {
  if (!sealed?.session) return null
  try {
    return KeptSession.parse(JSON.parse(await unseal('session', _id.toHexString(), sealed.session)))
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}

export const disconnect: Step = {
  where: ({ config }, channel) => ({
    kind: 'unknown',
    async find(context) {
      const session = await unsealSession(context, channel)
      const inTime = Date.now() <= channel.submittedAt.getTime() + config.retry.giveUpAfterMs
      if (!session || !inTime) return { kind: 'nowhere', origin: channel.serviceUrl }
      return { kind: 'server', origin: session.serviceUrl ?? channel.serviceUrl }
    },
  }),

  async ask(context, channel, { origin, isAsked, signal }) {
    const session = isAsked ? await unsealSession(context, channel) : null
    if (!session) return { kind: 'known', code: channel.secrets?.session ? 'session_not_ended' : 'session_ended' }
    const target = { http: context.http, serviceUrl: origin, signal }
    const { answer, durationMs, ended } = await endSession(target, session)
    const seen = { step: 'disconnect' as const, serviceUrl: origin, call: 'deleteSession' as const, answer, ended }
    return { kind: 'seen', seen, durationMs }
  },

  async keep({ db }, channel) {
    await forgetChannels(db, [channel])
    return { kind: 'forgotten' }
  },
}
