// The disconnect step: ends the session of a removed channel on its server, deletes its app password there where its owner asked for that, and forgets the channel.
import { deleteAppPassword, listAppPasswords } from '../src/bluesky/app-passwords.ts'
import { endOf, endSession, isRefusal, KeptSession, refresh, type Session } from '../src/bluesky/session.ts'
import type { ChannelDoc } from '../src/db/channels.ts'
import { tellRemoval, type RemovalDoc } from '../src/db/removals.ts'
import { forgetChannels, keepLastSession, noteAppPasswordDeleted } from '../src/db/steps.ts'
import { diagnose, outcomes } from '../src/outcomes/catalogue.ts'
import type { Call } from '../src/outcomes/evidence.ts'
import type { Asked, Seen, Step, WorkerContext } from './step.ts'
import { SealError } from './unseal.ts'

/** @returns null when there is none, or its key is gone: then it cannot be ended */
export async function unsealSession(
  { unseal }: Pick<WorkerContext, 'unseal'>,
  id: ChannelDoc['_id'],
  sealed: string | undefined,
) {
  if (!sealed) return null
  try {
    return KeptSession.parse(JSON.parse(await unseal('session', id.toHexString(), sealed)))
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}

interface Ending {
  /** origin that opened the session */
  origin: string
  session: Session
  signal: AbortSignal
}

type Deletion =
  /** the session as it is now, if it still is one */
  | { kind: 'over'; session: Session; deleted: boolean }
  /** a passing fault: everything is tried again */
  | { kind: 'later'; seen: Seen }

/**
 * Deletes the app password that its owner chose and no other: not one of the same name that was made since, and none that
 * is not in the list. Without a choice there is nothing to do.
 */
async function deleteChosen(context: WorkerContext, channel: ChannelDoc, ending: Ending): Promise<Deletion> {
  const { db, http, seal } = context
  const { origin, signal } = ending
  const chosen = channel.removal?.appPassword
  let { session } = ending
  if (!chosen || chosen.deleted) return { kind: 'over', session, deleted: chosen?.deleted ?? false }
  const target = { http, serviceUrl: channel.pdsUrl ?? origin, signal }

  /** @returns null where that is how it is, and asking again would change nothing */
  const laterAfter = (
    call: Call,
    { answer, durationMs }: Pick<Awaited<ReturnType<typeof listAppPasswords>>, 'answer' | 'durationMs'>,
  ): Deletion | null => {
    const seen = {
      step: 'disconnect' as const,
      serviceUrl: call === 'refreshSession' ? origin : target.serviceUrl,
      call,
      answer,
    }
    return outcomes[diagnose(seen)].good ? null : { kind: 'later', seen: { kind: 'seen', seen, durationMs } }
  }

  let listing = await listAppPasswords(target, session)
  if (isRefusal(listing.answer)) {
    const renewed = await refresh({ ...target, serviceUrl: origin }, session)
    if (renewed.session) {
      session = renewed.session
      const text = JSON.stringify({ ...session, serviceUrl: origin })
      await keepLastSession(db, channel, await seal('session', channel._id.toHexString(), text))
      listing = await listAppPasswords(target, session)
    } else {
      return laterAfter('refreshSession', renewed) ?? { kind: 'over', session, deleted: false }
    }
  }
  const left = { kind: 'over' as const, session, deleted: false }
  if (!listing.appPasswords) return laterAfter('listAppPasswords', listing) ?? left
  const exists = listing.appPasswords.some(
    ({ name, createdAt }) => name === chosen.name && createdAt === chosen.createdAt,
  )
  if (exists) {
    const called = await deleteAppPassword(target, session, chosen.name)
    if (called.answer.kind !== 'ok') return laterAfter('revokeAppPassword', called) ?? left
  }
  // On some servers no token is taken afterwards, so that a later try could not find out.
  await noteAppPasswordDeleted(db, channel)
  return { kind: 'over', session, deleted: true }
}

async function end(context: WorkerContext, channel: ChannelDoc, ending: Ending): Promise<Asked> {
  const deletion = await deleteChosen(context, channel, ending)
  if (deletion.kind === 'later') return deletion.seen
  const { origin, signal } = ending
  const { session, deleted } = deletion
  const target = { http: context.http, serviceUrl: origin, signal }
  const { answer, durationMs, ended } = await endSession(target, session)
  // The sessions of an app password go with it: of one that is over some servers take no token.
  const isOver = ended || (deleted && isRefusal(answer))
  const seen = {
    step: 'disconnect' as const,
    serviceUrl: origin,
    call: 'deleteSession' as const,
    answer,
    ended: isOver,
  }
  return { kind: 'seen', seen, durationMs, ...(deleted ? { appPasswordDeleted: true } : {}) }
}

function leftBecause(session: Session | null, asked: Asked): RemovalDoc['session'] {
  if (!session) return 'unreadable'
  return asked.kind === 'seen' ? 'refused' : 'unanswered'
}

export const disconnect: Step = {
  where: ({ config }, channel) => ({
    kind: 'unknown',
    async find(context) {
      const session = await unsealSession(context, channel._id, channel.secrets?.session)
      const inTime = Date.now() <= channel.submittedAt.getTime() + config.retry.giveUpAfterMs
      const origin = session?.serviceUrl ?? channel.serviceUrl
      return { kind: session && inTime ? 'server' : 'nowhere', origin }
    },
  }),

  async ask(context, channel, { origin, isAsked, signal }) {
    const session = isAsked ? await unsealSession(context, channel._id, channel.secrets?.session) : null
    if (!session) return { kind: 'known', code: channel.secrets?.session ? 'session_not_ended' : 'session_ended' }
    return end(context, channel, { origin, session, signal })
  },

  async keep(context, channel, asked, { code, at }) {
    const { db } = context
    const { _id, userId, handle, identifier, serviceUrl, submittedAt, removal, secrets } = channel
    if (removal && secrets?.session) {
      const session = await unsealSession(context, _id, secrets.session)
      const ended = code === 'session_ended'
      const { appPassword } = removal
      const deleted = (asked.kind === 'seen' && asked.appPasswordDeleted) || appPassword?.deleted === true
      await tellRemoval(db, {
        _id,
        userId,
        name: handle ?? identifier,
        server: session?.serviceUrl ?? serviceUrl,
        by: removal.by,
        at: submittedAt,
        endedAt: at,
        session: ended ? 'ended' : leftBecause(session, asked),
        sessionEndsAt: !ended && session ? endOf(session) : null,
        appPassword: appPassword ? { name: appPassword.name, deleted } : null,
      })
    }
    await forgetChannels(db, [channel])
    return { kind: 'forgotten' }
  },
}
