// Measures how much a server that hangs slows everybody else: 100 healthy connects with 1,000 to a hanging server in front, over the same without.
//   node bench/fairness.ts [healthy] [hanging]
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { cpus, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Channel, ChannelPage } from '../src/contract.ts'
import { openDb } from '../src/db/open.ts'
import { listen, newLogin, PASSWORD, startGround, type Ground, type Login, type Program, type User } from './program.ts'

const GOAL = 1.2
const RUN_MS = 90_000
const ROUNDS = 3
/** No further round begins after that. */
const ROUNDS_MS = 75_000
const AT_ONCE = 4

// One page of the list holds a hundred.
const healthy = Math.min(100, Number(process.argv[2] ?? 100))
const hanging = Number(process.argv[3] ?? 1000)

const silent = await startSilentServer()
const ground = await startGround()
try {
  await main(ground)
} finally {
  await ground.stop()
  silent.stop()
}

async function main({ network, startProgram }: Ground) {
  const logins = await inTurn(healthy, () => newLogin(network, 'did'))
  /** On an empty database: from the moment that a worker takes its first job until the last healthy connect is connected. */
  const run = async (inFront: number): Promise<number> => {
    const program = await startProgram({ PDS_DISCOVERY: 'follow' })
    try {
      return await submitAndWait(program, logins, inFront)
    } finally {
      await program.kill()
    }
  }

  const load = loadavg()[0]?.toFixed(1)
  console.log(
    `${cpus().length} cores, ${cpus()[0]?.model}, load before: ${load}; one worker process, ${healthy} healthy connects`,
  )
  const alone: number[] = []
  const behind: number[] = []
  const startedAt = performance.now()
  // Turn and turn about, and the best of each: whatever else the machine does comes and goes.
  for (let round = 1; round <= ROUNDS && (round === 1 || performance.now() - startedAt < ROUNDS_MS); round++) {
    alone.push(await run(0))
    behind.push(await run(hanging))
    const [first, second] = [alone, behind].map((all) => `${((all.at(-1) ?? 0) / 1000).toFixed(2)} s`)
    console.log(
      `round ${round}: alone ${first}, behind ${hanging} to a server that hangs ${second} (calls that reached it so far: ${silent.calls()})`,
    )
  }
  const ratio = Math.min(...behind) / Math.min(...alone)
  console.log(`ratio of the best: ${ratio.toFixed(2)} (goal ${GOAL})`)
  if (ratio > GOAL) process.exitCode = 1
}

async function submitAndWait(
  { signIn, startWorker, mongoUrl }: Program,
  logins: Login[],
  inFront: number,
): Promise<number> {
  const newUser = () =>
    signIn('sign-up/email', { email: `u-${randomUUID()}@example.com`, password: PASSWORD, name: 'Bench' })
  const submit = (user: User, entries: Login[]) =>
    inTurn(entries.length, (index) => user.request<Channel>('POST', '/api/channels/bluesky', entries[index]))
  if (inFront > 0) {
    const wrong = (index: number) => ({ identifier: `h${index}.example.com`, appPassword: 'aaaa-bbbb-cccc-dddd' })
    await submit(
      await newUser(),
      Array.from({ length: inFront }, (_, index) => wrong(index)),
    )
    // As if they had been tried before, with an identity that names the server that hangs.
    const db = await openDb(mongoUrl)
    await db.channels.updateMany({}, { serviceUrl: silent.url, serverFoundAt: new Date() })
    await db.connection.close()
  }
  const user = await newUser()
  await submit(user, logins)
  const worker = await startWorker()
  const startedAt = performance.now()
  try {
    for (;;) {
      const { channels } = await user.request<ChannelPage>('GET', '/api/channels?limit=100')
      const byStatus = Object.entries(Object.groupBy(channels, ({ status }) => status)).map(
        ([status, all]) => `${all.length} ${status}`,
      )
      if (channels.every(({ status }) => status === 'connected')) return performance.now() - startedAt
      if (performance.now() - startedAt > RUN_MS)
        throw new Error(`not connected in ${RUN_MS / 1000} s: ${byStatus.join(', ')}`)
      await sleep(100)
    }
  } finally {
    await worker.kill()
  }
}

/** Takes every request and never answers. */
async function startSilentServer() {
  let calls = 0
  const server = createServer(() => void calls++)
  const url = `http://localhost:${await listen(server)}`
  const stop = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url, calls: () => calls, stop }
}

/** A few at a time. */
async function inTurn<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const one = async () => {
    while (next < count) {
      const index = next++
      results[index] = await work(index)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return results
}
