// Ten thousand channels are due at once, as after an outage: the server is asked as often as its budget says, and nobody who connects waits.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { startScriptedServer, type ScriptedServer } from '../helpers/scripted-server.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type System } from '../helpers/system.ts'

const DUE = 10_000
const PAGE = 500
const DAY_MS = 24 * 3600_000
/** Calls of the budget; checks may use half of them, and make five each. */
const BUDGET = 200
const WINDOW_MS = 20_000
const CHECKS_A_WINDOW = BUDGET / 2 / 5
/** So many are waited for: enough for fifteen windows. */
const REFUSED = 300
const DID = 'did:plc:scripted2222222222222222'

let server: ScriptedServer
let system: System

beforeEach(async () => {
  server = await startScriptedServer()
})
afterEach(async () => {
  await system.stop()
  await server.close()
})

/** A system without workers, whose channels are all due, each of a user of its own. */
async function start(count: number, budget: string, parts: Partial<ChannelDoc> = {}): Promise<void> {
  const env = { BLUESKY_SERVICE_URL: server.origin, SIGN_IN_BUDGETS: `server=${budget},other=${budget}` }
  system = await createSystem({ workers: false, env })
  const { seal, db } = system.context
  const token = (scope: string) => ['e30', Buffer.from(JSON.stringify({ sub: DID, scope })).toString('base64url'), 'x']
  const session = JSON.stringify({
    did: DID,
    accessJwt: token('com.atproto.appPass').join('.'),
    refreshJwt: token('com.atproto.refresh').join('.'),
    serviceUrl: server.origin,
  })
  const verifiedAt = new Date(Date.now() - 2 * DAY_MS)
  const due = Array.from({ length: count }, (_, index): ChannelDoc =>
    storedChannel('connected', verifiedAt, {
      did: DID,
      handle: 'scripted.test',
      serviceUrl: server.origin,
      pdsUrl: server.origin,
      step: 'check',
      lastVerifiedAt: verifiedAt,
      lease: { generation: 1, claims: 0, failures: 0, sweepAt: new Date(verifiedAt.getTime() + index) },
      ...parts,
    }),
  )
  await Promise.all(
    due.map(async (channel) => {
      channel.secrets = { session: await seal('session', channel._id.toHexString(), session) }
    }),
  )
  await db.channels.collection.insertMany(due, { ordered: false })
}

const renewals = () => server.requests.filter(({ path }) => path.endsWith('.refreshSession')).length

test('ten thousand checks at once: within the budget, the queue short, few writes, a turn for each, and a connect that passes them all', async () => {
  await start(DUE, `${BUDGET}/${WINDOW_MS / 1000}`)
  const { db, queues } = system.context
  const user = await system.user()
  const startedAt = Date.now()
  const windows = () => Math.floor((Date.now() - startedAt) / WINDOW_MS) + 1
  await system.startWorkers()

  let longest = 0
  let connectMs = 0
  const look = async () => {
    const seen = renewals()
    expect(seen, 'checks that reached the server').toBeLessThanOrEqual(CHECKS_A_WINDOW * windows())
    const { waiting = 0, prioritized = 0, delayed = 0 } = await queues.check.getJobCounts()
    longest = Math.max(longest, waiting + prioritized + delayed)
    return seen
  }
  while ((await look()) < CHECKS_A_WINDOW) continue
  // By now the budget is used up, and thousands are refused.
  const submittedAt = Date.now()
  const { id } = await user.connect(DID, 'aaaa-bbbb-cccc-dddd')
  const connected = system.until(user, id, ({ status }) => status === 'connected').then(() => Date.now() - submittedAt)
  while (connectMs === 0) connectMs = await Promise.race([connected, look().then(() => 0)])
  // Taken by the sweep, claimed, put off.
  const putOff = {
    step: 'check' as const,
    revision: 3,
    'lease.claims': 0,
    lastVerifiedAt: { $lt: new Date(startedAt) },
  }
  while ((await db.channels.countDocuments(putOff)) < REFUSED) await look()
  await system.stopWorkers()

  expect(connectMs).toBeLessThan(30_000)
  const { lastVerifiedAt } = await db.channels.findOne({ userId: user.id }).orFail().lean()
  const before = { step: 'check' as const, userId: { $ne: user.id }, lastVerifiedAt: { $lt: lastVerifiedAt } }
  expect(await db.channels.countDocuments(before), 'checks that were not done before the connect').toBeGreaterThan(
    DUE / 2,
  )
  expect(longest).toBeLessThanOrEqual(2 * PAGE)

  const others = await db.channels.find({ userId: { $ne: user.id } }).lean()
  expect(others.filter(({ status, fault }) => status !== 'connected' || fault)).toEqual([])
  // Whoever was refused has a turn, and is left alone until then.
  expect(others.filter(({ revision }) => revision > 6).length, 'written more than six times').toBeLessThan(DUE / 100)
  const turns = new Map<number, number>()
  for (const { lease } of await db.channels.find(putOff).lean()) {
    const window = Math.floor(((lease.sweepAt?.getTime() ?? 0) - startedAt) / WINDOW_MS)
    turns.set(window, (turns.get(window) ?? 0) + 1)
  }
  expect(Math.max(...turns.values()), 'turns in one window').toBeLessThanOrEqual(CHECKS_A_WINDOW * 1.2)
}, 120_000)

test('however long the line for a budget, nobody is put off until the session is about to end', async () => {
  const sessionEndsAt = new Date(Date.now() + 3_600_000)
  await start(5, '2/86400', { sessionEndsAt })
  await system.startWorkers()
  const refused = { 'lease.claims': 0, 'lease.sweepAt': { $gt: new Date() }, sessionEndsAt, revision: 3 }
  const waiting = () => system.context.db.channels.find(refused).lean()
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(4), { timeout: 45_000 })
  for (const { lease } of await waiting()) {
    const leftMs = sessionEndsAt.getTime() - (lease.sweepAt?.getTime() ?? Infinity)
    expect(leftMs).toBeGreaterThanOrEqual(800_000)
  }
})
