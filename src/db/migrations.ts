// Migrations: what a version changes in the database, done once by whichever of its processes starts first; the others wait.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Collection, Connection } from 'mongoose'
import type { Logger } from 'pino'
import { fillParts } from './fill-parts.ts'
import { isDuplicateKey } from './duplicate-key.ts'
import { changeIndexes, compareIndexes, type Declared } from './indexes.ts'

export interface Migration {
  number: number
  name: string
  /** indexes by collection that this version asks for no more and the one before still does: the next migration drops them */
  retires?: Record<string, string[]>
  /** changes what is stored. Begun anew where its process was killed; the version before goes on working beside it */
  run?: (connection: Connection) => Promise<void>
}

/** A release has one at most; see docs/upgrade.md before you add one. */
export const migrations: Migration[] = [
  {
    number: 1,
    name: 'channels are found by a part of their names, and listed rank by rank',
    retires: {
      channels: [
        'identifier_1',
        'did_1',
        'outcome.code_1_rank_1_since_-1__id_-1',
        'serviceUrl_1_rank_1_since_-1__id_-1',
      ],
    },
    run: fillParts,
  },
]

/** The accounts library makes indexes of its own there. */
const shared = new Set(['user', 'account', 'session', 'verification', 'twoFactor'])

/** Nobody knows how long an index of a hundred million takes; a process that gives up is started again and goes on waiting. */
const MOST_WAIT_MS = 30 * 60_000
const POLL_MS = 100
const INDEX_ROUNDS = 5
const LOCK = 'lock'

/** How often a process that migrates shows that it lives, and after how long without that another takes its place. */
const signs = { everyMs: 3_000, deadAfterMs: 20_000 }

interface LockDoc {
  _id: typeof LOCK
  holder: string
  /** counts the signs of life: no two clocks have to agree */
  beats: number
}
interface DoneDoc {
  _id: number
  name: string
  at: Date
  durationMs: number
}
type Store = Collection<LockDoc | DoneDoc>

/** The message says what broke off, and what to do. */
export class MigrationError extends Error {
  override name = 'MigrationError'
}

interface Options {
  declared: Declared
  log?: Pick<Logger, 'info'> | undefined
  list?: Migration[]
  life?: typeof signs
}

/** Returns when the database is as this version needs it, whichever process made it so. */
export async function migrate(
  connection: Connection,
  { declared, log, list = migrations, life = signs }: Options,
): Promise<void> {
  const store: Store = connection.collection('migrations')
  const me = randomUUID()
  const startedAt = performance.now()
  let seen: (LockDoc & { since: number }) | null = null
  for (;;) {
    const lock = await findLock(store)
    if (!lock) {
      if (isDone(await look(connection, declared, list))) return
      if (await addLock(store, me)) return work(connection, { declared, log, list, life }, me)
      continue
    }
    if (lock.holder !== seen?.holder || lock.beats !== seen.beats) {
      if (lock.holder !== seen?.holder)
        log?.info({ holder: lock.holder }, 'another process migrates the database; waiting')
      seen = { ...lock, since: performance.now() }
    } else if (performance.now() - seen.since > life.deadAfterMs && (await takeOver(store, lock, me))) {
      log?.info({ holder: lock.holder }, 'who migrated the database gave no sign of life; going on in its place')
      return work(connection, { declared, log, list, life }, me)
    }
    if (performance.now() - startedAt > MOST_WAIT_MS) {
      throw new MigrationError('another process still migrates the database after half an hour: see docs/upgrade.md')
    }
    await sleep(POLL_MS)
  }
}

const findLock = (store: Store) => store.findOne({ _id: LOCK }) as Promise<LockDoc | null>

async function addLock(store: Store, holder: string): Promise<boolean> {
  try {
    await store.insertOne({ _id: LOCK, holder, beats: 0 })
    return true
  } catch (error) {
    if (isDuplicateKey(error)) return false
    throw error
  }
}

async function takeOver(store: Store, { holder, beats }: LockDoc, me: string): Promise<boolean> {
  const { matchedCount } = await store.updateOne({ _id: LOCK, holder, beats }, { $set: { holder: me, beats: 0 } })
  return matchedCount === 1
}

/** What is left to do. */
async function look(connection: Connection, declared: Declared, list: Migration[]) {
  const store: Store = connection.collection('migrations')
  const done = (await store.find({ _id: { $ne: LOCK } }).toArray()) as DoneDoc[]
  const last = list.at(-1)
  const isOlder = done.some(({ _id }) => _id > (last?.number ?? 0))
  const due = list.filter(({ number }) => !done.some(({ _id }) => _id === number))
  const retired = last?.retires ?? {}
  return { due, isOlder, changes: await compareIndexes(connection, declared, { retired, shared, isOlder }) }
}

const isDone = ({ due, changes }: Awaited<ReturnType<typeof look>>) => due.length === 0 && changes.length === 0

/** Data first: an index may need them as they are after it. */
async function work(
  connection: Connection,
  options: Required<Omit<Options, 'log'>> & Pick<Options, 'log'>,
  me: string,
) {
  const { declared, log, list, life } = options
  const store: Store = connection.collection('migrations')
  const held = { _id: LOCK, holder: me } as const
  const timer = setInterval(() => {
    store.updateOne(held, { $inc: { beats: 1 } }).catch(() => {})
  }, life.everyMs)
  try {
    // Another process may have done it before this one got the lock.
    const { due, isOlder } = await look(connection, declared, list)
    if (isOlder) log?.info('a newer version has migrated this database; its indexes stay')
    for (const { number, name, run } of due) {
      const startedAt = performance.now()
      await run?.(connection).catch((error: Error) => {
        throw new MigrationError(`migration ${number} (${name}) broke off: ${error.message}`, { cause: error })
      })
      await stillHeld(store, held)
      const durationMs = Math.round(performance.now() - startedAt)
      await store.updateOne({ _id: number }, { $set: { name, at: new Date(), durationMs } }, { upsert: true })
      log?.info({ number, migration: name, durationMs }, 'migrated the database')
    }
    await makeIndexes(connection, options)
  } finally {
    clearInterval(timer)
    await store.deleteOne(held)
  }
}

/** A process that was frozen for too long must not go on beside the one that took its place. */
async function stillHeld(store: Store, held: Pick<LockDoc, '_id' | 'holder'>): Promise<void> {
  if (!(await store.findOne(held)))
    throw new MigrationError('another process took the migration over. Start this one again')
}

/** The embedded database breaks some off that are made while a process of the version before makes the same. */
async function makeIndexes(
  connection: Connection,
  { declared, log, list }: Pick<Required<Options>, 'declared' | 'list'> & Pick<Options, 'log'>,
) {
  for (let round = 1; ; round++) {
    const { changes } = await look(connection, declared, list)
    const made = await Promise.allSettled(changes.map((change) => changeIndexes(connection, change)))
    for (const { collection, replaced, built, dropped } of changes) {
      if (replaced.length + dropped.length > 0)
        log?.info({ collection, replaced, built: built.length, dropped }, 'changed indexes')
    }
    const failed = made.findIndex(({ status }) => status === 'rejected')
    const failure = made[failed]
    if (failure?.status !== 'rejected') return
    if (round === INDEX_ROUNDS) {
      const { message } = failure.reason as Error
      throw new MigrationError(`the indexes of ${changes[failed]?.collection} cannot be made: ${message}`)
    }
    await sleep(Math.random() * 100 * round)
  }
}
