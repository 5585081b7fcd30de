// Measures what the program adds to a connect: submit → connected on a real PDS, over the sum of the PDS's own answer times.
//   node bench/connect.ts [connects]
import { readFile } from 'node:fs/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Channel } from '../src/contract.ts'
import { openStream } from '../test/helpers/event-stream.ts'
import { machine, quantile, tell } from './figures.ts'
import { newLogin, PASSWORD, startGround, type Ground, type Login, type User } from './program.ts'

const GOAL = 1.08
const WARM_UP = 3
const count = Number(process.argv[2] ?? 30)

const dir = await mkdtemp(join(tmpdir(), 'bluesky-connect-bench-log-'))
const pdsLog = join(dir, 'pds.log')
const ground = await startGround({ LOG_ENABLED: 'true', LOG_LEVEL: 'info', LOG_DESTINATION: pdsLog })
try {
  await main(ground)
} finally {
  await ground.stop()
  await rm(dir, { recursive: true, force: true })
}

async function main({ network, startProgram }: Ground) {
  const { baseUrl, signIn, startWorker } = await startProgram()
  const user = await signIn('sign-up/email', { email: 'bench@example.com', password: PASSWORD, name: 'Bench' })
  const worker = await startWorker()
  const logins: Login[] = []
  for (let index = 0; index < count + WARM_UP; index++) logins.push(await newLogin(network))

  const whole: number[] = []
  const bare: number[] = []
  const ratios: number[] = []
  for (const [index, login] of logins.entries()) {
    const from = Date.now()
    const tookMs = await connect(baseUrl, user, login)
    const pdsMs = await answerTimes(from)
    const bareMs = await bareLoop(network.pdsUrl, login)
    if (index < WARM_UP) continue
    whole.push(tookMs)
    bare.push(bareMs)
    ratios.push(tookMs / pdsMs)
  }
  const waits = worker.lines
    .map((line) => (JSON.parse(line) as { waitedMs?: number }).waitedMs)
    .filter((waitedMs) => waitedMs !== undefined)
    .slice(2 * WARM_UP)

  console.log(`${machine()}; ${count} connects, one after the other`)
  console.log(`submit → connected:            ${spread(whole)} ms`)
  console.log(`a bare loop of the same calls: ${spread(bare)} ms`)
  console.log(`add → start of a job:          ${spread(waits)} ms`)
  tell({
    what: 'submit → connected on the real server, over the sum of its own answer times',
    measured: median(ratios),
    goal: { atMost: GOAL },
  })
  tell({ what: 'submit → connected, over a bare loop of the same calls', measured: median(whole) / median(bare) })
}

/** Until an open page hears of it. */
async function connect(baseUrl: string, user: User, login: Login): Promise<number> {
  await using stream = await openStream(baseUrl, user.token)
  await stream.next('snapshot')
  const startedAt = performance.now()
  const { id } = await user.request<Channel>('POST', '/api/channels/bluesky', login)
  for (;;) {
    const channel = (await stream.next('channel')) as Channel
    if (channel.id !== id || channel.status === 'connecting' || channel.status === 'verifying') continue
    if (channel.status === 'connected') return performance.now() - startedAt
    throw new Error(`it ended as ${channel.status} ${channel.outcome?.code}`)
  }
}

/** Sum of the answer times that the PDS itself wrote down since `from`. */
async function answerTimes(from: number): Promise<number> {
  const lines = (await readFile(pdsLog, 'utf8')).split('\n').filter((line) => line.includes('"responseTime"'))
  return lines
    .map((line) => JSON.parse(line) as { time: number; responseTime: number })
    .filter(({ time }) => time >= from)
    .reduce((sum, { responseTime }) => sum + responseTime, 0)
}

/** The calls of a connect and nothing else. */
async function bareLoop(pdsUrl: string, { identifier, appPassword }: Login): Promise<number> {
  const post = async (method: string, body: object, token?: string) => {
    const response = await fetch(`${pdsUrl}/xrpc/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    })
    return (await response.json()) as { did: string; accessJwt: string }
  }
  const startedAt = performance.now()
  const { did, accessJwt } = await post('com.atproto.server.createSession', { identifier, password: appPassword })
  const target = { repo: did, collection: 'app.bsky.feed.post', rkey: '2222222222222' }
  await post('com.atproto.repo.deleteRecord', target, accessJwt)
  const record = { $type: target.collection, text: 'x', createdAt: new Date().toISOString() }
  const swapCommit = 'bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm'
  await post('com.atproto.repo.createRecord', { ...target, record, swapCommit }, accessJwt)
  return performance.now() - startedAt
}

function median(values: number[]): number {
  return quantile(values, 0.5)
}

function spread(values: number[]): string {
  const [low, middle, high] = [0.1, 0.5, 0.9].map((share) => quantile(values, share).toFixed(0))
  return `${middle} (10 % below ${low}, 90 % below ${high})`
}
