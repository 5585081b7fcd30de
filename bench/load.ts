// Fills a database with realistic channels, fast: an eighth of them not connected, most at one server, five to a person.
import { Types } from 'mongoose'
import type { ChannelDoc } from '../src/db/channels.ts'
import { partsOf } from '../src/db/name-parts.ts'
import type { Db } from '../src/db/open.ts'
import type { OutcomeCode } from '../src/outcomes/catalogue.ts'
import { rankOf } from '../src/outcomes/ranks.ts'
import type { ChannelStatus } from '../src/contract.ts'

const BATCH = 2_000
const YEAR_MS = 365 * 24 * 3600_000
const PER_PERSON = 5

type State = [ChannelStatus, OutcomeCode]
/** Of 1,000 channels, in turn; the others are connected. */
const others: [number, State][] = [
  [55, ['action_required', 'bad_credentials']],
  [25, ['action_required', 'wrong_server']],
  [20, ['action_required', 'session_expired']],
  [10, ['action_required', 'account_deactivated']],
  [5, ['failed', 'unknown']],
  [8, ['retrying', 'pds_unreachable']],
  [2, ['retrying', 'waiting_for_rate_limit']],
]
const states = others.flatMap(([count, state]) => Array.from({ length: count }, () => state))

const syllables = 'an ben ca dor el fin ga hol in jo ka lu mar ne ol pet qui ra sol tim ul ver wil xa yo zed'.split(' ')
const name = (n: number): string =>
  (n < syllables.length ? '' : name(Math.floor(n / syllables.length) - 1)) + (syllables[n % syllables.length] ?? '')

/** The same number gives the same channel; neighbours have nothing in common. */
export function channelOf(n: number, userId: string, now: number): ChannelDoc {
  const mixed = (n * 7_919) % 1_000
  const [status, code]: State = states[mixed] ?? ['connected', 'connected']
  const own = `${name(n)}${n % 3 === 0 ? '' : '-'}${name((n * 31) % 4_000)}`
  const handle = n % 4 === 0 ? `${own}.example.com` : `${own}.bsky.social`
  const serviceUrl = n % 20 === 0 ? `https://pds${n % 400}.example.com` : 'https://bsky.social'
  const since = new Date(now - ((n * 104_729) % YEAR_MS))
  const did = `did:plc:${(n * 2_654_435_761).toString(36).padStart(24, 'a')}`
  return {
    _id: new Types.ObjectId(),
    userId,
    identifier: handle,
    handle,
    parts: partsOf({ handle, identifier: handle }),
    did,
    displayName: own,
    avatar: null,
    serviceUrl,
    meantFor: serviceUrl,
    pdsUrl: serviceUrl,
    status,
    rank: rankOf(status),
    since,
    step: status === 'connected' ? 'check' : 'connect',
    lease: { generation: 1, claims: 0, failures: 0 },
    outcome: {
      code,
      step: 'connect',
      params: { server: serviceUrl, identifier: handle, reference: `r${n}` },
      at: since,
    },
    nextTryAt: null,
    lastVerifiedAt: null,
    submittedAt: since,
    requestId: `r${n.toString(36).padStart(20, '0')}`,
    attemptCount: 1,
    revision: 3,
    askedAt: n % 5_000 === 0 ? since : null,
    live: true,
    // As long as a sealed session is.
    secrets: { session: 'x'.repeat(900) },
    createdAt: since,
    updatedAt: since,
  }
}

/** Adds channels and their owners; indexes are built afterwards, as that is faster. */
export async function loadChannels(db: Db, count: number, log: (line: string) => void): Promise<void> {
  const { collection } = db.channels
  const people = db.connection.collection('user')
  const now = Date.now()
  await collection.dropIndexes()
  const startedAt = performance.now()
  for (let done = 0; done < count; done += BATCH) {
    const size = Math.min(BATCH, count - done)
    const owners = Array.from({ length: Math.ceil(size / PER_PERSON) }, () => new Types.ObjectId())
    const channels = Array.from({ length: size }, (_, index) =>
      channelOf(done + index, owners[index % owners.length]?.toHexString() ?? '', now),
    )
    await Promise.all([
      collection.insertMany(channels, { ordered: false }),
      people.insertMany(
        owners.map((_id, index) => ({ _id, email: `${name(done + index)}${done + index}@example.org`, role: 'user' })),
        { ordered: false },
      ),
    ])
    if ((done / BATCH) % 50 === 0) log(`${done + size} channels after ${seconds(startedAt)} s`)
  }
  log(`loaded after ${seconds(startedAt)} s; building the indexes`)
  await db.channels.createIndexes()
  log(`ready after ${seconds(startedAt)} s`)
}

const seconds = (since: number) => Math.round((performance.now() - since) / 1000)
