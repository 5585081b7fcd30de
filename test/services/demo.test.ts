// The demo's accounts on a PDS process as the supervisor runs it: that they are found again, and that each ends as it says.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { toNodeHandler } from 'better-auth/node'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { signIn, xrpc } from '../../services/demo/accounts.ts'
import { demoEnv, mailboxEnv, seedDemo } from '../../services/demo/seed.ts'
import type { PdsNetwork } from '../../services/demo/pds.ts'
import { readPdsNetwork } from '../../services/demo/pds.ts'
import { runPdsArgs } from '../../services/processes/programs.ts'
import type { Channel, Problem } from '../../src/contract.ts'
import { startServer } from '../helpers/odd-servers.ts'
import { createSystem } from '../helpers/system.ts'

const admin = { email: 'admin@example.com', password: 'made-up-for-this-test' }
const startTimeoutMs = 60_000

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'demo-test-'))
  return () => rm(dir, { recursive: true, force: true })
})

const runPds = async (env: Record<string, string>) => {
  const child = spawn(process.execPath, runPdsArgs, {
    env: { ...process.env, EXIT_WITH_PARENT: '1', DEMO_FRONT: '1', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = (await once(createInterface(child.stdout), 'line', {
    signal: AbortSignal.timeout(startTimeoutMs),
  })) as [string]
  return { child, ready: JSON.parse(line) as PdsNetwork }
}

const exitOf = async (child: ChildProcess, end: () => unknown) => {
  const exit = once(child, 'exit')
  end()
  return ((await exit) as [number | null])[0]
}

const startSignUps = async () => {
  const { origin: url, close } = await startServer((request, response) => handler(request, response))
  onTestFinished(close)
  const auth = betterAuth({
    baseURL: url,
    secret: 'only-for-this-test-only-for-this-test',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
  })
  const handler = toNodeHandler(auth)
  const signsIn = async (person: { email: string; password: string }) =>
    (await auth.api.signInEmail({ body: person })).user.email === person.email
  return { url, signsIn }
}

test('the demo names accounts that do as it says, and still do after a crash of the PDS and a second seeding', async () => {
  const env = { DATA_DIR: path.join(dir, 'data'), RUNTIME_FILE: path.join(dir, 'pds.json') }
  const first = await runPds(env)
  const pds = await readPdsNetwork(env.RUNTIME_FILE)
  expect(first.ready).not.toHaveProperty('adminPassword')
  expect((await stat(env.RUNTIME_FILE)).mode & 0o777).toBe(0o600)
  expect(demoEnv(pds)).toEqual({
    BLUESKY_SERVICE_URL: pds.pdsUrl,
    ALLOW_PRIVATE_NETWORK: 'true',
    PLC_DIRECTORY_URL: pds.plcUrl,
    HANDLE_RESOLVER_URL: pds.handleResolverUrl,
    BLUESKY_APPVIEW_URL: pds.pdsUrl,
    CHECK_INTERVAL_SECONDS: '30',
    NO_PROXY: '*',
  })

  const signUps = await startSignUps()
  const printed: string[] = []
  const seed = (network = pds) =>
    seedDemo({ apiUrl: signUps.url, pds: network, runtimeDir: dir, admin, print: (text) => printed.push(text) })
  const demo = await seed()

  const file = path.join(dir, 'demo.json')
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(demo)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(demo).toMatchObject({ url: signUps.url, pdsUrl: pds.pdsUrl, otherPdsUrl: pds.otherPdsUrl, admin })
  for (const { identifier, appPassword } of demo.accounts) {
    expect(printed.join()).toMatch(new RegExp(`${identifier} +${appPassword}`))
  }
  // Address and passwords come last, where they are not scrolled away.
  const [address, ...people] = printed.join('').split('\n').slice(-4)
  expect(address).toContain(`open ${signUps.url}/app/channels and sign in`)
  expect(people.slice(1).map((line) => line.split(/ {2,}/).slice(1))).toEqual([
    ['user', demo.user.email, demo.user.password],
    ['admin', admin.email, admin.password],
  ])

  const check = async () => {
    expect(await signUps.signsIn(demo.user)).toBe(true)
    const signInTo = (pdsUrl: string, handle: string) => {
      const account = demo.accounts.find(({ identifier }) => identifier === handle)
      return signIn(pdsUrl, handle, account?.appPassword ?? '')
    }
    expect(await signInTo(pds.pdsUrl, 'sunny.test')).toMatchObject({ active: true })
    expect(await signInTo(pds.pdsUrl, 'main-password.test')).toMatchObject({ active: true })
    expect(await signInTo(pds.pdsUrl, 'wrong-password.test')).toBeUndefined()
    expect(await signInTo(pds.pdsUrl, 'deactivated.test')).toMatchObject({ status: 'deactivated' })
    expect(await signInTo(pds.pdsUrl, 'taken-down.test')).toBeUndefined()
    expect(await signInTo(pds.pdsUrl, 'suspended.test')).toBeUndefined()
    expect(await signInTo(pds.pdsUrl, 'elsewhere.other.test')).toBeUndefined()
    expect(await signInTo(pds.otherPdsUrl, 'elsewhere.other.test')).toMatchObject({ active: true })
  }
  await check()

  await exitOf(first.child, () => first.child.kill('SIGKILL'))
  const second = await runPds(env)
  expect(second.ready).toEqual(first.ready)
  await check()

  expect(await seed(await readPdsNetwork(env.RUNTIME_FILE))).toEqual(demo)
  await check()

  expect(await exitOf(second.child, () => second.child.kill('SIGTERM'))).toBe(0)
  await expect(stat(env.RUNTIME_FILE)).rejects.toThrow('ENOENT')
}, 180_000)

test('every account of the demo ends as the table says, limits that are over are waited for, and no test post is left', async () => {
  const { ready: pds } = await runPds({})
  const { mailbox } = pds
  if (!mailbox) throw new Error('the demo has no mailbox')
  const system = await createSystem({ env: { ...demoEnv(pds), ...mailboxEnv(mailbox) } })
  onTestFinished(() => system.stop())
  const printed: string[] = []
  const print = (text: string) => printed.push(text)
  const demo = await seedDemo({ apiUrl: system.url, pds, runtimeDir: dir, admin, mailbox, print })
  expect(printed.join()).toContain(`read them at ${mailbox.pageUrl}`)
  const asDemo = await system.anyone.request('POST', '/api/auth/sign-in/email', { body: demo.user })
  expect(asDemo.body).toMatchObject({ user: { emailVerified: true } })
  const user = await system.user()
  const ends: { identifier: string; id?: string; code: string | undefined }[] = []
  // One after the other: all at once they keep the PDS so busy that on a slow machine a look at an account is given up.
  for (const { identifier, appPassword } of demo.accounts) {
    const body = { identifier, appPassword }
    const posted = await user.request<Channel | Problem>('POST', '/api/channels/bluesky', { body })
    if ('id' in posted.body) {
      const { id, outcome } = await system.settled(user, posted.body.id)
      ends.push({ identifier, id, code: outcome?.code })
    } else ends.push({ identifier, code: posted.body.code })
  }
  expect(ends.map(({ identifier, code }) => [identifier, code])).toEqual(
    demo.accounts.map(({ identifier, expect: code }) => [identifier, code]),
  )
  const limited = ends.filter(({ code }) => code?.endsWith('rate_limited'))
  expect(limited).toHaveLength(3)
  for (const { id } of limited) await system.until(user, id ?? '', ({ status }) => status === 'connected')
  const connected = (id: string) => system.until(user, id, ({ status }) => status === 'connected')
  const idOf = (handle: string) => ends.find(({ identifier }) => identifier === handle)?.id ?? ''
  const reconnect = async (handle: string, appPassword: string | undefined) => {
    await user.request('POST', `/api/channels/${idOf(handle)}/reconnect`, { body: { appPassword } })
    return system.settled(user, idOf(handle))
  }
  const account = (handle: string) => demo.accounts.find(({ identifier }) => identifier === handle)

  await user.request('POST', `/api/channels/${idOf('caterpillar.test')}/verify`)
  expect(await system.settled(user, idOf('caterpillar.test'))).toMatchObject({ handle: 'butterfly.test' })
  const butterfly = await reconnect('caterpillar.test', account('caterpillar.test')?.appPassword)
  expect(butterfly).toMatchObject({ status: 'connected', handle: 'butterfly.test' })

  const { outcome } = await system.settled(user, idOf('renamed.test'))
  const offered = await user.connect(outcome?.params['currentHandle'] ?? '', account('renamed.test')?.appPassword ?? '')
  expect(await connected(offered.id)).toMatchObject({ handle: 'renamed-since.test' })

  expect(await reconnect('moved.test', account('moved.test')?.there)).toMatchObject({
    outcome: { code: 'wrong_server' },
  })
  const options = { bluesky_other_servers: 'follow' }
  await (await system.admin()).request('PUT', '/api/admin/api-integration/bluesky', { body: options })
  for (const handle of ['moved.test', 'elsewhere.other.test']) {
    expect(await connected(idOf(handle))).toMatchObject({ serviceUrl: pds.otherPdsUrl })
  }

  const query = { repo: 'writes-anyway.test', collection: 'app.bsky.feed.post' }
  expect(await xrpc(pds.pdsUrl, 'com.atproto.repo.listRecords', { query })).toEqual({ records: [] })
}, 180_000)

test('a user whose password is lost does not stop the demo', async () => {
  const { child, ready: pds } = await runPds({})
  const signUps = await startSignUps()
  const seed = () => seedDemo({ apiUrl: signUps.url, pds, runtimeDir: dir, admin, print: () => undefined })
  const lost = await seed()
  await rm(path.join(dir, 'demo.json'))
  const found = await seed()
  expect(found.user.email).not.toBe(lost.user.email)
  expect(await signUps.signsIn(found.user)).toBe(true)
  expect(found.accounts.map(({ identifier }) => identifier)).toEqual(lost.accounts.map(({ identifier }) => identifier))

  expect(await exitOf(child, () => child.stdin?.end())).toBe(0)
}, 180_000)
