// Checks of connected channels: when the next one is, and what one that came to nothing leaves.
import { changedTo } from './change.ts'
import { inStatus, named, type Channel, type ChannelDoc, type Fault, type StoredOutcome } from './channels.ts'
import { ending, holding, sweepIndex } from './lease.ts'
import type { Db } from './open.ts'
import { stillIn, type Learnt, type StepKey } from './steps.ts'

export interface Postponed {
  at: Date
  /** null: nothing is known against the channel */
  fault: Fault | null
  /** it counts: the next wait is longer */
  failed: boolean
  nextAt: Date
  attempted: boolean
  learnt: Learnt
}

/** A person who asks for a check begins anew; when that comes to nothing, what was true before still is. */
function wasWell({ identifier, lastVerifiedAt }: Pick<ChannelDoc, 'identifier' | 'lastVerifiedAt'>, at: Date) {
  return { code: 'connected', step: 'verify', params: { identifier }, at: lastVerifiedAt ?? at } satisfies StoredOutcome
}

/** A check came to nothing: the channel stays what it is, and is checked again. @returns null when it changed meanwhile */
export const postponeCheck = (
  db: Db,
  key: StepKey & Pick<ChannelDoc, 'brokenSince' | 'lastVerifiedAt' | 'identifier'>,
  { at, fault, failed, nextAt, attempted, learnt }: Postponed,
): Promise<Channel | null> => {
  const { $set, $inc } = ending(nextAt, failed)
  const asked = key.step === 'check' ? {} : { ...inStatus('connected', at), nextTryAt: null, outcome: wasWell(key, at) }
  return changedTo(db, stillIn(key), {
    $set: {
      ...$set,
      ...asked,
      ...named(key, learnt),
      step: 'check',
      renewalEndsAt: null,
      ...(key.brokenSince ? {} : { fault }),
    },
    $inc: { ...$inc, ...(attempted ? { attemptCount: 1 } : {}) },
  })
}

/** Channels that no check is planned for, or one that is too far away: their interval was another one when it was. */
export const listUnplanned = (db: Db, latest: Date, limit: number) =>
  db.channels
    .find({
      status: 'connected',
      live: true,
      $or: [
        { step: 'verify', 'lease.sweepAt': null },
        { step: 'check', 'lease.sweepAt': { $gt: latest } },
      ],
    })
    .hint(sweepIndex)
    .limit(limit)
    .lean<Channel[]>()

/** Plans checks, each where none has begun meanwhile. */
export const planChecks = (db: Db, planned: { channel: Channel; at: Date }[]) =>
  db.channels.bulkWrite(
    planned.map(({ channel, at }) => ({
      updateOne: {
        filter: { ...holding(channel), step: channel.step, status: 'connected', 'lease.claims': 0 },
        update: { $set: { step: 'check', 'lease.sweepAt': at } },
      },
    })),
  )
