// The upgrade from the version before, process by process and under load, and back: what was accepted ends as it must, once.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import mongoose, { type Connection } from 'mongoose'
import { afterEach, expect, inject, test } from 'vitest'
import { freePort } from '../../services/processes/ports.ts'
import type { ChannelDoc } from '../../src/db/channels.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { environmentFor, PASSWORD } from '../helpers/system.ts'
import { noVersionBefore, unpackVersionBefore } from '../helpers/version-before.ts'

const HERE = join(import.meta.dirname, '../..')
const ACCOUNTS = 9

const running = new Set<ChildProcess>()
const cleanUp: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all([...running].map(stop))
  for (const step of cleanUp.splice(0).toReversed()) await step()
})

/** Resolves when the process says that it works. */
async function start(dir: string, script: 'src/main.ts' | 'workers/main.ts', env: Record<string, string>) {
  const child = spawn(process.execPath, [script], {
    cwd: dir,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.add(child)
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${script} of ${dir} ended with ${code} before it worked`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (/"msg":"(listening|working)"/.test(line)) resolve()
    })
  })
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  running.delete(child)
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  // Late or not: on a busy machine one reaches the deadline of its stop, and nothing is lost by that either.
  await once(child, 'exit')
}

/** Connects one after the other, as a client does that asks again where no answer came, until it is told to end. */
function postConnects(url: string, token: string, submissions: Iterator<{ identifier: string; appPassword: string }>) {
  const accepted: { id: string; identifier: string }[] = []
  const ending = new AbortController()
  const post = async (body: { identifier: string; appPassword: string }) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': body.identifier,
    }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    const until = Date.now() + 30_000
    for (;;) {
      const answer = await fetch(`${url}/api/channels/bluesky`, init).then(
        async (response) => ({ status: response.status, text: await response.text() }),
        // A process that stops has cut it off.
        ({ message }: Error) => ({ status: 0, text: message }),
      )
      if (answer.status === 202) return JSON.parse(answer.text) as { id: string }
      if (answer.status !== 0 || Date.now() > until)
        throw new Error(`a connect was answered ${answer.status} ${answer.text}`)
      await sleep(100)
    }
  }
  const posting = (async () => {
    while (!ending.signal.aborted) {
      const body = submissions.next().value as { identifier: string; appPassword: string }
      accepted.push({ id: (await post(body)).id, identifier: body.identifier })
      await sleep(50)
    }
  })()
  let failed: Error | undefined
  posting.catch((error: Error) => {
    failed = error
  })
  return {
    accepted,
    /** resolves when as many more were accepted */
    more: (count: number) => {
      const wanted = accepted.length + count
      const soFar = () => {
        if (failed) throw failed
        return accepted.length
      }
      return expect.poll(soFar, { timeout: 120_000 }).toBeGreaterThanOrEqual(wanted)
    },
    end: () => {
      ending.abort()
      return posting
    },
  }
}

async function signUp(url: string): Promise<string> {
  const response = await fetch(`${url}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email: 'somebody@example.com', password: PASSWORD, name: 'Somebody' }),
  })
  await response.body?.cancel()
  return response.headers.get('set-auth-token') ?? ''
}

const channelsOf = (database: Connection) =>
  database.collection<ChannelDoc>('channels').find({}, { projection: { identifier: 1, status: 1, outcome: 1 } })
const isUnderWay = ({ status }: ChannelDoc) => ['connecting', 'verifying', 'retrying'].includes(status)

test('up one version and back again, with connects all the while: none is lost, and none doubled', async ({ skip }) => {
  const missing = await noVersionBefore()
  if (missing) return skip(`the upgrade is not tested: ${missing}`)
  const before = await unpackVersionBefore()
  const port = await freePort()
  const url = `http://localhost:${port}`
  const env = environmentFor(port)
  const database = await mongoose.createConnection(env['MONGODB_URL'] ?? '').asPromise()
  cleanUp.push(async () => {
    await database.dropDatabase()
    await database.close()
  })
  // An index of an old database, which nothing asks for any more.
  await database.collection('channels').createIndex({ userId: 1, status: 1 })
  const api = (dir: string) => start(dir, 'src/main.ts', env)
  const worker = (dir: string) => start(dir, 'workers/main.ts', env)

  const pds = inject('pds')
  const accounts: { identifier: string; appPassword: string }[] = []
  while (accounts.length < ACCOUNTS) {
    const account = await createAccount(pds)
    accounts.push({ identifier: account.handle, appPassword: await createAppPassword(account) })
  }
  // Every third one is somebody's, as long as there are some.
  const submissions = (function* () {
    for (let number = 1; ; number++) {
      const next = number % 3 === 0 ? accounts.pop() : undefined
      yield next ?? { identifier: `nobody-${number}.test`, appPassword: 'aaaa-bbbb-cccc-dddd' }
    }
  })()
  const real = new Set(accounts.map(({ identifier }) => identifier))

  const [oldApi, oldWorker] = await Promise.all([api(before), worker(before)])
  const load = postConnects(url, await signUp(url), submissions)
  await load.more(6)

  // Up: new ones beside the old ones, which go then: the old worker takes jobs of the new API before it does.
  const [newApi, newWorker] = await Promise.all([api(HERE), worker(HERE)])
  await load.more(6)
  await stop(oldApi)
  await load.more(6)
  await stop(oldWorker)
  await load.more(6)
  expect(await database.collection('migrations').countDocuments()).toBeGreaterThan(0)
  const indexes = await database.collection('channels').indexes()
  expect(indexes.map(({ name }) => name)).not.toContain('userId_1_status_1')

  // And back.
  const [backApi, backWorker] = await Promise.all([api(before), worker(before)])
  await load.more(6)
  await Promise.all([stop(newApi), stop(newWorker)])
  await load.more(6)
  await load.end()
  await expect
    .poll(async () => (await channelsOf(database).toArray()).filter(isUnderWay).length, { timeout: 240_000 })
    .toBe(0)
  await Promise.all([stop(backApi), stop(backWorker)])

  const { accepted } = load
  const channels = await channelsOf(database).toArray()
  expect(channels.map(({ _id }) => _id.toHexString()).toSorted()).toEqual(accepted.map(({ id }) => id).toSorted())
  for (const { _id, identifier, status, outcome } of channels) {
    const wanted = real.has(identifier) ? ['connected', 'connected'] : ['action_required', 'handle_not_found']
    expect([status, outcome?.code], identifier).toEqual(wanted)
    const attempts = await database.collection('attempts').find({ channelId: _id }).toArray()
    const steps = real.has(identifier) ? ['connect', 'verify'] : ['connect']
    expect(attempts.map(({ step }) => step as string).toSorted(), identifier).toEqual(steps)
  }
}, 900_000)
