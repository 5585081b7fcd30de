// When the Service URL is looked at: at a start, when somebody waits for it and from time to time, by one process, and never lost.
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { findServer, takeLook, wantLook } from '../../src/db/servers.ts'
import { createHttp, type Http } from '../../src/http/client.ts'
import { orderLook } from '../../src/options.ts'
import { lookOnce, startLooks } from '../../workers/look.ts'
import { startAnsweringServer, startSilentServer, type OddServer } from '../helpers/odd-servers.ts'
import { createSystem, type System } from '../helpers/system.ts'

const pds = inject('pds')
const MINUTE_MS = 60_000
const good = { status: 200, json: { did: 'did:web:good.test', availableUserDomains: ['.good.test'] } }
const bad = { status: 503 }
const undo: (() => unknown)[] = []
let reply: typeof good | typeof bad | Promise<typeof good>
let server: OddServer
let system: System
let http: Http

beforeEach(async () => {
  reply = good
  server = await startAnsweringServer(() => reply)
  undo.push(server.close)
})
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

async function start(env: Record<string, string> = {}, workers = false) {
  const variables = { BLUESKY_SERVICE_URL: server.origin, SWEEP_INTERVAL_SECONDS: '300', ...env }
  system = await createSystem({ workers, env: variables })
  undo.push(() => system.stop())
  http = createHttp({ allowPrivateNetwork: true, log: system.context.log })
  undo.push(http.close)
}

const { signal } = new AbortController()
const look = (at = new Date()) => lookOnce({ ...system.context, http }, signal, at)
const later = (ms: number) => new Date(Date.now() + ms)
const stored = (origin = server.origin) => findServer(system.context.db, origin)
const found = (finding: string, origin = server.origin) =>
  expect.poll(() => stored(origin), { timeout: 45_000 }).toMatchObject({ finding })

test('a worker that starts looks at the server of the environment, with nobody asking for it', async () => {
  await start({ BLUESKY_SERVICE_URL: pds.pdsUrl }, true)
  await found('answers', pds.pdsUrl)
  expect(await stored(pds.pdsUrl)).toMatchObject({ domains: ['.test'], did: expect.stringMatching(/^did:/) as string })
})

test('where nothing is set it looks at the default', async () => {
  await start({ BLUESKY_SERVICE_URL: '' })
  const asked: string[] = []
  const fake: Pick<Http, 'fetch'> = {
    fetch: async (input) => {
      asked.push(String(input instanceof Request ? input.url : input))
      return Response.json(good.json)
    },
  }
  expect(await lookOnce({ ...system.context, http: fake }, signal)).toBe('answers')
  expect(asked).toEqual(['https://bsky.social/xrpc/com.atproto.server.describeServer'])
})

test('word through Redis has a worker look at once, whenever its sweep would come', async () => {
  await start({}, true)
  await found('answers')
  reply = bad
  await orderLook(system.context)
  await found('broken')
})

test('without word through Redis the next sweep finds what is wanted', async () => {
  await start({ SWEEP_INTERVAL_SECONDS: '1' }, true)
  await found('answers')
  reply = bad
  await wantLook(system.context.db, server.origin)
  await found('broken')
})

test('many processes look once, for all who wait', async () => {
  await start()
  await Promise.all(Array.from({ length: 4 }, () => wantLook(system.context.db, server.origin)))
  const looks = await Promise.all(Array.from({ length: 6 }, () => look()))
  expect(looks.filter((finding) => finding !== null)).toEqual(['answers'])
  expect(server.calls).toHaveLength(1)
})

test('a worker that is killed while it looks loses nothing: another looks when its time is over', async () => {
  await start()
  const { db } = system.context
  await wantLook(db, server.origin)
  expect(await takeLook(db, server.origin, new Date(), later(20_000))).toBe(true)
  expect(await look(later(19_000))).toBeNull()
  expect(await stored()).toMatchObject({ finding: null, wanted: true })
  expect(await look(later(21_000))).toBe('answers')
  expect(await stored()).toMatchObject({ finding: 'answers' })
  expect((await stored())?.wanted).toBeUndefined()
})

test('one that is wanted while another is under way is made, and the older one is not kept', async () => {
  await start()
  const { promise, resolve } = Promise.withResolvers<typeof good>()
  reply = promise
  const older = look()
  await expect.poll(() => server.calls.length).toBe(1)
  reply = bad
  await wantLook(system.context.db, server.origin)
  expect(await look()).toBe('broken')
  resolve(good)
  await older
  expect(await stored()).toMatchObject({ finding: 'broken' })
})

test('what is well is looked at again after a day, what is not after five minutes', async () => {
  await start()
  expect(await look()).toBe('answers')
  expect(await look(later(23 * 60 * MINUTE_MS))).toBeNull()
  reply = bad
  expect(await look(later(24 * 60 * MINUTE_MS + MINUTE_MS))).toBe('broken')
  expect(await look(later(4 * MINUTE_MS))).toBeNull()
  reply = good
  expect(await look(later(6 * MINUTE_MS))).toBe('answers')
  expect(await look(later(6 * MINUTE_MS))).toBeNull()
})

test('what a server said of itself stays while it says nothing', async () => {
  await start()
  await look()
  reply = bad
  expect(await look(later(25 * 60 * MINUTE_MS))).toBe('broken')
  expect(await stored()).toMatchObject({ finding: 'broken', did: 'did:web:good.test', domains: ['.good.test'] })
})

test('a worker that stops waits for no silent server, and the look is left to the next', async () => {
  const silent = await startSilentServer()
  undo.push(silent.close)
  await start({ BLUESKY_SERVICE_URL: silent.origin })
  const looks = startLooks({ ...system.context, http })
  await expect.poll(() => silent.calls.length).toBe(1)
  await looks.stop()
  expect(await stored(silent.origin)).toMatchObject({ finding: null, lookedAt: null })
})
