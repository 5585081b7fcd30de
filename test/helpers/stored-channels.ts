// Channels as the database holds them, for tests of what reads them; written past the steps that make them otherwise.
import { Types } from 'mongoose'
import { outcomes, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import type { Context } from '../../src/context.ts'
import type { ChannelStatus } from '../../src/contract.ts'
import type { ChannelDoc, StoredOutcome } from '../../src/db/channels.ts'
import { partsOf } from '../../src/db/name-parts.ts'
import { rankOf } from '../../src/outcomes/ranks.ts'

const statusOf = (code: OutcomeCode): ChannelStatus => {
  const { good, fixBy, retry } = outcomes[code]
  if (good) return 'connected'
  if (retry) return 'retrying'
  return fixBy === 'us' ? 'failed' : 'action_required'
}

/** What a step of a channel at the usual server came to. */
export const storedFault = (code: OutcomeCode, at: Date, server = 'https://pds.example.com'): StoredOutcome => ({
  code,
  step: 'verify',
  params: { server },
  at,
})

/** A channel of nobody that ended with `code` at `since`; parts of it may be given. */
export function storedChannel(code: OutcomeCode, since: Date, parts: Partial<ChannelDoc> = {}): ChannelDoc {
  const _id = new Types.ObjectId()
  const status = parts.status ?? statusOf(code)
  const name = `${_id.toHexString()}.example.com`
  const serviceUrl = parts.serviceUrl ?? 'https://pds.example.com'
  return {
    _id,
    userId: new Types.ObjectId().toHexString(),
    identifier: name,
    handle: name,
    did: `did:web:${name}`,
    displayName: null,
    avatar: null,
    serviceUrl,
    meantFor: serviceUrl,
    pdsUrl: null,
    status,
    rank: rankOf(status),
    since,
    step: 'connect',
    lease: { generation: 1, claims: 0, failures: 0 },
    attemptCount: 0,
    revision: 0,
    askedAt: null,
    outcome: { code, step: parts.step === 'verify' ? 'verify' : 'connect', params: { server: serviceUrl }, at: since },
    nextTryAt: null,
    lastVerifiedAt: null,
    submittedAt: since,
    requestId: 'test',
    live: true,
    createdAt: since,
    updatedAt: since,
    parts: partsOf({ handle: name, identifier: name, ...parts }),
    ...parts,
  }
}

/** @returns their ids */
export async function storeChannels({ db }: Pick<Context, 'db'>, channels: ChannelDoc[]): Promise<string[]> {
  await db.channels.insertMany(channels)
  return channels.map(({ _id }) => _id.toHexString())
}

export const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)
