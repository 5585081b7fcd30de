// Sealing keys are changed while people connect and channels are checked: nothing is lost, and then the old key may go.
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { newLease } from '../../src/db/lease.ts'
import { claimRenewal, keepSession } from '../../src/db/kept-sessions.ts'
import { readSealed, replaceSealed, type Resealed, type SealedValue } from '../../src/db/sealed-values.ts'
import { readWorkerConfig } from '../../src/config.ts'
import { retireSealingKeys } from '../../src/db/sealing-keys.ts'
import { createSeal } from '../../src/seal.ts'
import { checkKeys } from '../../workers/check-keys.ts'
import { countSealed, keyIdOf } from '../../workers/count-sealed.ts'
import { createUnseal } from '../../workers/unseal.ts'
import { allOf, newKeys, runNode, startNode } from '../helpers/keys.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { storedChannel } from '../helpers/stored-channels.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const [k1, k2] = [newKeys('k1'), newKeys('k2')]
const both = allOf(k1, k2)
let before: System
let after: System
let user: Client

beforeAll(async () => {
  before = await createSystem({ env: k1 })
  user = await before.user()
  await checkKeys(before.context)
})
afterAll(async () => {
  await after?.stop()
  await before.stop()
})

const submit = async (system: System, as: Client) => {
  const account = await createAccount(pds)
  const { id } = await as.connect(account.handle, await createAppPassword(account))
  return { id, connected: system.until(as, id, ({ status }) => status === 'connected') }
}
const allSealed = async () => {
  const all: SealedValue[] = []
  for await (const page of readSealed(before.context.db)) all.push(...page)
  return all
}
const keyIds = async () => (await allSealed()).map(({ sealed }) => keyIdOf(sealed))
const runKeys = (args: string[], keys = both) => runNode(['workers/keys.ts', ...args], { ...before.env, ...keys })

test('rotated under load and killed in the middle: every channel opens with the new key alone, and is still connected', async () => {
  const { PORT: _, BASE_URL: __, ...shared } = before.env
  const first = await Promise.all(Array.from({ length: 4 }, () => submit(before, user)))
  await Promise.all(first.map(({ connected }) => connected))
  await before.stopWorkers()
  after = await createSystem({ env: { ...shared, ...both } })
  await checkKeys(after.context)
  const person = await after.user()

  const headers = { authorization: `Bearer ${user.token}` }
  const load = new AbortController()
  const ids = first.map(({ id }) => id)
  const loading = (async () => {
    while (!load.signal.aborted) {
      const { id, connected } = await submit(after, person)
      ids.push(id)
      const [one] = first
      await after.anyone.request('POST', `/api/channels/${one?.id}/verify`, { body: {}, headers })
      await connected
    }
  })()

  const victim = startNode(['workers/keys.ts', 'rotate', '--rate', '1'], { ...before.env, ...both })
  await vi.waitFor(async () => expect(await keyIds()).toContain('k2'), { timeout: 60_000, interval: 20 })
  victim.child.kill('SIGKILL')
  await victim.ended
  // The API of before still seals with the old key.
  // Its connections may have been idle for too long to be used once more.
  await vi.waitFor(() => before.anyone.request('GET', '/healthz'), { timeout: 45_000 })
  const late = await submit(before, user)
  ids.push(late.id)
  await late.connected
  const rotated = await runKeys(['rotate'])
  load.abort()
  await loading
  expect(rotated.said).toContain('Nothing that is stored needs "k1" any more')
  expect(rotated.code).toBe(0)
  expect(new Set(await keyIds())).toEqual(new Set(['k2']))

  const { unsealingKeys } = readWorkerConfig({ ...before.env, ...k2 })
  const counted = await countSealed(after.context.db, createUnseal(unsealingKeys))
  expect([...counted.keys()]).toEqual(['k2'])
  expect([...(counted.get('k2')?.closed ?? [])]).toEqual([])
  await after.stopWorkers()
  after.context.config.unsealingKeys = unsealingKeys
  await checkKeys(after.context)
  await after.startWorkers()
  for (const id of ids) {
    const owner = first.some((one) => one.id === id) || id === late.id ? user : person
    const { lastVerifiedAt } = await after.until(owner, id, ({ status }) => status === 'connected')
    expect((await owner.request('POST', `/api/channels/${id}/verify`, { body: {} })).status).toBe(202)
    await after.until(owner, id, (one) => one.status === 'connected' && one.lastVerifiedAt !== lastVerifiedAt)
  }
}, 240_000)

const stored = (secrets: object, parts: object = {}) => ({
  ...storedChannel('connected', new Date()),
  secrets,
  ...parts,
})

test('what a worker has in hand is left alone, and what changed since it was read stays', async () => {
  const { db } = before.context
  const at = new Date()
  const later = new Date(at.getTime() + 60_000)
  const [inStep, renewing, renewed, idle] = [
    stored({ session: 'old' }, { lease: { ...newLease(at), claims: 1, sweepAt: later } }),
    stored({ session: 'old' }),
    stored({ session: 'old' }),
    stored({ session: 'old', former: ['older', 'old'] }),
  ]
  await db.channels.create([inStep, renewing, renewed, idle])
  expect(await claimRenewal(db, renewing, 'old', { at, until: later })).toBe(true)
  await keepSession(db, renewed, 'old', { sealedSession: 'renewed', sessionEndsAt: null })
  const place = 'channels.secrets.session' as const
  const values = [inStep, renewing, renewed, idle].map(({ _id }) => ({
    place,
    purpose: 'session' as const,
    owner: _id.toHexString(),
    sealed: 'old',
    anew: 'anew',
  }))
  const former = { ...values[3], place: 'channels.secrets.former' as const }
  expect(await replaceSealed(db, [...values, former] as Resealed[], at)).toBe(2)
  // Whoever renews keeps what the server gave: the text that it read is still there.
  expect(await keepSession(db, renewing, 'old', { sealedSession: 'renewed', sessionEndsAt: null })).toBe(true)
  const secretsOf = async ({ _id }: { _id: unknown }) =>
    (await db.channels.findById(_id).select('+secrets').lean())?.secrets
  expect(await secretsOf(inStep)).toEqual({ session: 'old' })
  expect(await secretsOf(renewing)).toEqual({ session: 'renewed' })
  expect(await secretsOf(renewed)).toEqual({ session: 'renewed' })
  expect(await secretsOf(idle)).toEqual({ session: 'anew', former: ['older', 'anew'] })
  // Nobody came back to it: its worker is dead.
  expect(await replaceSealed(db, values, new Date(later.getTime() + 1))).toBe(1)
  await db.channels.deleteMany({ _id: { $in: [inStep, renewing, renewed, idle].map(({ _id }) => _id) } })
}, 60_000)

test('check says by key what opens and what does not; a lost key is forgotten only when that is said', async () => {
  const { db } = before.context
  const k3 = newKeys('k3')
  await retireSealingKeys(db, ['k1'], new Date())
  const channel = storedChannel('connected', new Date())
  const id = channel._id.toHexString()
  const seal = createSeal(readWorkerConfig({ ...before.env, ...k3 }).sealingKey)
  await db.channels.create({ ...channel, secrets: { former: [await seal('session', id, '{}')] } })
  await checkKeys({ db, config: readWorkerConfig({ ...before.env, ...allOf(k3, k2) }) })

  const told = await runKeys(['check', '--json'], k2)
  expect(told.code).toBe(1)
  const { ok, closed, keys, problems } = JSON.parse(told.said) as Record<string, unknown>
  expect({ ok, closed }).toEqual({ ok: false, closed: 1 })
  expect(problems).toEqual([expect.stringContaining('UNSEALING_KEYS lacks the key "k3"')])
  expect(keys).toContainEqual(
    expect.objectContaining({
      id: 'k3',
      here: false,
      closed: expect.objectContaining({ 'channels.secrets.former': 1 }),
    }),
  )
  const inWords = await runKeys(['check'], allOf(k3, k2))
  expect(inWords).toMatchObject({ code: 0, said: expect.stringContaining('Everything that is sealed opens.') })

  expect(await runKeys(['forget', 'k3'], k2)).toMatchObject({ code: 1, said: expect.stringContaining('--lost') })
  expect((await runKeys(['forget', 'k3', '--lost'], k2)).code).toBe(0)
  await checkKeys({ db, config: readWorkerConfig({ ...before.env, ...k2 }) })
  for (const { said } of [told, inWords]) expect(said).not.toContain(k2.UNSEALING_KEYS.split(':')[1])
}, 120_000)
