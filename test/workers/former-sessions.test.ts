// Two workers at one sign-in: the one that comes later ends the session of the earlier one, unless that is kept.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { noteOpened } from '../../src/db/kept-sessions.ts'
import { claimStep, toVerifying } from '../../src/db/steps.ts'
import { leaveFormerSessions } from '../../workers/former-sessions.ts'
import type { WorkerContext } from '../../workers/step.ts'
import { createUnseal } from '../../workers/unseal.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type System } from '../helpers/system.ts'

let system: System
let context: Parameters<typeof leaveFormerSessions>[0]
beforeAll(async () => {
  system = await createSystem({ workers: false, env: { SWEEP_INTERVAL_SECONDS: '300' } })
  const unseal = createUnseal(system.context.config.unsealingKeys)
  context = { ...system.context, unseal }
})
afterAll(() => system.stop())

const at = new Date()
const serviceUrl = 'https://pds.example.com'

/** Claimed by an earlier worker, which has noted its session and not kept it yet, and then by a later one. */
async function claimTwice() {
  const { db, seal } = system.context
  const channel = storedChannel('pds_unreachable', at, { status: 'connecting', did: null })
  await db.channels.create(channel)
  const claim = async () => {
    const claimed = await claimStep(db, channel, { at, until: new Date(at.getTime() + 60_000) })
    if (!claimed) throw new Error('the step cannot be claimed')
    return claimed.channel
  }
  const earlier = await claim()
  const session = { did: `did:plc:${earlier._id.toHexString()}`, accessJwt: 'a.b.c', refreshJwt: 'd.e.f', serviceUrl }
  const sealedSession = await seal('session', earlier._id.toHexString(), JSON.stringify(session))
  await noteOpened(db, earlier, sealedSession)
  const account = { serviceUrl, did: session.did, pdsUrl: serviceUrl, sealedSession, sessionEndsAt: null }
  return { later: await claim(), keep: () => toVerifying(db, earlier, account, at) }
}

const secretsOf = async ({ _id }: ChannelDoc) =>
  (await system.context.db.channels.findById(_id).select('+secrets').lean<ChannelDoc>())?.secrets
const leaving = ({ userId }: ChannelDoc) => system.context.db.channels.countDocuments({ userId, step: 'disconnect' })

test('one that was kept meanwhile is not ended', async () => {
  const { later, keep } = await claimTwice()
  expect(await keep()).toMatchObject({ status: 'verifying' })
  await leaveFormerSessions(context, later)
  expect(await leaving(later)).toBe(0)
  expect(await secretsOf(later)).toMatchObject({ session: later.secrets?.former?.[0], former: [] })
})

test('one that is being ended is not kept', async () => {
  const { later, keep } = await claimTwice()
  const channelId = later._id.toHexString()
  let kept: unknown
  // It is sealed once more for the document of its end.
  const seal: WorkerContext['seal'] = async (purpose, id, text) => {
    if (id !== channelId) kept = await keep()
    return system.context.seal(purpose, id, text)
  }
  await leaveFormerSessions({ ...context, seal }, later)
  expect(kept).toBeNull()
  expect(await leaving(later)).toBe(1)
  expect(await secretsOf(later)).toEqual({ former: [] })
})
