// What can run again: a step that failed, as long as the secret that it needs is there.
import type { ChannelStatus } from '../contract.ts'
import { outcomeCodes } from '../outcomes/catalogue.ts'
import type { Step } from '../outcomes/evidence.ts'
import { waitsForServer } from '../outcomes/rules.ts'

/** The statuses of what failed. */
export const retriable: ChannelStatus[] = ['action_required', 'failed', 'retrying']

/** Outcomes whose next attempt, where one is planned, is not brought forward. */
export const timed = outcomeCodes.filter(waitsForServer)

/** What a step needs to run again. */
export const needs = {
  connect: { step: 'connect' as const, 'secrets.password': { $type: 'string' as const } },
  verify: {
    step: { $in: ['verify', 'check'] satisfies Step[] },
    'secrets.session': { $type: 'string' as const },
  },
}

/** Of a channel that failed: it can run again, by itself or by somebody. */
export const canRun = { $or: Object.values(needs) }

/** The same as a value of each channel: whether it can run again at that time. */
export const canRunAgain = (at: Date) => ({
  $and: [
    { $in: ['$status', retriable] },
    {
      $or: [
        { $and: [{ $eq: ['$step', needs.connect.step] }, { $eq: [{ $type: '$secrets.password' }, 'string'] }] },
        { $and: [{ $in: ['$step', needs.verify.step.$in] }, { $eq: [{ $type: '$secrets.session' }, 'string'] }] },
      ],
    },
    // What has no next try is before every date.
    { $or: [{ $not: [{ $in: ['$outcome.code', timed] }] }, { $lte: ['$nextTryAt', at] }] },
  ],
})
