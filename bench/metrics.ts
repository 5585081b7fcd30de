// Measures what metrics cost: series and bytes of a scrape, processor time of one, and of what a connect counts.
//   node bench/metrics.ts [connects]
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../services/processes/ports.ts'
import type { Channel } from '../src/contract.ts'
import { createMetrics } from '../src/metrics.ts'
import { readSamples, type Sample } from '../test/helpers/metrics.ts'
import { newLogin, PASSWORD, startGround, type Ground, type Program, type User } from './program.ts'

const SCRAPES = 200
const CALLS = 200_000
const LOOK_MS = 200
const count = Number(process.argv[2] ?? 50)

const ground = await startGround()
try {
  await main(ground)
} finally {
  await ground.stop()
}

async function main({ network, startProgram }: Ground) {
  const [apiPort, workerPort] = [await freePort(), await freePort()]
  const program = await startProgram({ HEALTH_PORT: String(apiPort) })
  await program.startWorker({ HEALTH_PORT: String(workerPort) })
  const user = await program.signIn('sign-up/email', { email: 'bench@example.com', password: PASSWORD, name: 'Bench' })
  const scrapes = () => Promise.all([apiPort, workerPort].map(scrape))
  const fresh = await scrapes()
  for (let done = 0; done < count; done++) {
    const { id } = await user.request<Channel>('POST', '/api/channels/bluesky', await newLogin(network))
    await connected(user, id)
  }
  const used = await scrapes()
  await askEverything(program)
  const asked = await scrapes()

  console.log(`${cpus().length} cores, ${cpus()[0]?.model}; ${count} connects`)
  for (const [at, name] of ['API', 'worker'].entries()) {
    const port = [apiPort, workerPort][at] ?? 0
    console.log(`${name}, fresh:                    ${shown(fresh[at])}`)
    console.log(`${name}, after the connects:       ${shown(used[at])}`)
    console.log(`${name}, every operation asked:    ${shown(asked[at])}`)
    console.log(`${name}, a scrape:                 ${(await cpuOfScrape(port)).toFixed(1)} ms of processor time`)
  }
  const all = (scraped: Scraped[]) => scraped.reduce((sum, { samples }) => sum + observations(samples), 0)
  // The questions whether it is over yet are in it too, some three of them.
  const each = (all(used) - all(fresh)) / count
  console.log(`a connect counts or measures ${each.toFixed(0)} times: ${((each * costOfCall()) / 1000).toFixed(3)} ms`)
}

interface Scraped {
  text: string
  samples: Sample[]
}

async function scrape(port: number): Promise<Scraped> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return { text, samples: readSamples(text) }
}

function shown(scraped: Scraped | undefined): string {
  return scraped ? `${scraped.samples.length} series, ${(scraped.text.length / 1000).toFixed(0)} kB` : ''
}

async function connected(user: User, id: string): Promise<void> {
  const { status } = await user.request<Channel>('GET', `/api/channels/${id}`)
  if (status === 'connected') return
  if (status !== 'connecting' && status !== 'verifying') throw new Error(`a connect ended as ${status}`)
  await sleep(LOOK_MS)
  return connected(user, id)
}

/** Each operation once, as nobody in particular: every route and method becomes a label. */
async function askEverything({ baseUrl }: Program): Promise<void> {
  const document = (await (await fetch(`${baseUrl}/api/openapi.json`)).json()) as { paths: Record<string, object> }
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const method of Object.keys(operations)) {
      const at = `${baseUrl}${path.replaceAll(/\{\w+\}/g, '0'.repeat(24))}`
      await (await fetch(at, { method: method.toUpperCase() })).text()
    }
  }
}

/** Of the whole process, which has nothing else to do meanwhile. */
async function cpuOfScrape(port: number): Promise<number> {
  const seconds = async () =>
    (await scrape(port)).samples.find(({ name }) => name === 'process_cpu_seconds_total')?.value ?? 0
  const before = await seconds()
  for (let done = 1; done < SCRAPES; done++) await scrape(port)
  return ((await seconds()) - before) * (1000 / SCRAPES)
}

/** How often something was counted or measured. */
function observations(samples: Sample[]): number {
  const counts = samples.filter(({ name }) => /^bluesky_connect_\w+_(total|count)$/.test(name))
  return counts.reduce((sum, { value }) => sum + value, 0)
}

/** Microseconds of a histogram with two labels, which is the dearest kind and the most frequent one. */
function costOfCall(): number {
  const { mongoAnswered } = createMetrics()
  const startedAt = process.cpuUsage()
  for (let done = 0; done < CALLS; done++) mongoAnswered('find', true, done % 100)
  const { user, system } = process.cpuUsage(startedAt)
  return (user + system) / CALLS
}
