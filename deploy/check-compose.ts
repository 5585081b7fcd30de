// Runs docker-compose.yml as ops would, with a PDS of this machine to connect to, and prints what it saw.
// Nothing of .env, secrets/ or other containers is touched.
//   node deploy/check-compose.ts [connects at a time]
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { NO_QUOTAS, signInAt, type User } from '../bench/program.ts'
import { freePort } from '../services/processes/ports.ts'
import type { ChannelSummary } from '../src/contract.ts'
import { HOST, startReachablePds, type ReachablePds } from './reachable-pds.ts'

const CONNECTS = Number(process.argv[2] ?? 20)
const PROJECT = 'bluesky-connect-check'
const IMAGE = 'bluesky-connect-check'
const WITHIN_MS = 300_000
const root = resolve(import.meta.dirname, '..')
const PARTS =
  '.dockerignore .npmrc Dockerfile LICENSE deploy docker-compose.yml package.json package-lock.json src tsconfig.json vite.config.ts workers'

const undo: (() => unknown)[] = []
const dir = await mkdtemp(join(tmpdir(), 'check-compose-'))
undo.push(() => rm(dir, { recursive: true, force: true }))
/** What Docker needs, and which images to take; nothing that would have a say in the Compose file otherwise. */
const environment = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) =>
      /^(PATH|HOME|DOCKER_.*|XDG_.*|(NODE|MONGO|REDIS|CADDY)_IMAGE)$/.test(name),
    ),
  ),
  COMPOSE_PROJECT_NAME: PROJECT,
  PROGRAM_IMAGE: IMAGE,
}
const run = async (...command: [string, ...string[]]) => {
  const options = { cwd: dir, env: environment, maxBuffer: 64 * 1024 * 1024 }
  return (await promisify(execFile)(command[0], command.slice(1), options)).stdout.trim()
}
const docker = (...args: string[]) => run('docker', ...args)
const compose = (...args: string[]) => docker('compose', '--progress', 'quiet', ...args)

async function main() {
  for (const part of PARTS.split(' ')) await cp(join(root, part), join(dir, part), { recursive: true })
  const port = await freePort()
  const network = await startReachablePds()
  undo.push(network.stop)
  await writeFile(join(dir, 'docker-compose.override.yml'), overrides)
  await writeFile(join(dir, '.env'), settingsFor(port, network))
  await run('deploy/make-secrets.sh')
  const baseUrl = `http://localhost:${port}`
  const secrets = await Promise.all((await readdir(join(dir, 'secrets'))).map(readSecret))

  console.log(`${new Date().toISOString()}, load ${loadavg()[0]?.toFixed(1)}, ${CONNECTS} connects at a time\n`)
  await step('build', async () => {
    await compose('build')
    return `image ${Math.round(Number(await docker('image', 'inspect', '--format', '{{.Size}}', IMAGE)) / 1e6)} MB`
  })
  undo.push(() => compose('down', '--volumes', '--timeout', '5'))
  await step('up --wait, nothing there before', () => compose('up', '--detach', '--wait'))
  await step('limits', async () => describeLimits(await inspectAll(), secrets))
  await step('memory', describeMemory)
  await step('one container anew', () =>
    compose('up', '--detach', '--wait', '--no-deps', '--force-recreate', 'worker-check'),
  )

  const user = await signInAt(baseUrl)('sign-up/email', {
    email: 'check@example.com',
    password: 'correct horse battery',
    name: 'Check',
  })
  const connects = (count: number) => startConnects(user, network, count)
  await step('one connect', async () => (await connects(1)).end())
  await step('--scale worker-connect=3 while connects run', async () => {
    const before = await idsOf()
    const { end } = await connects(CONNECTS)
    await compose('up', '--detach', '--wait', '--no-recreate', '--scale', 'worker-connect=3')
    const after = await idsOf()
    const same = before.filter((id) => after.includes(id)).length
    return `${await end()}; ${same} of ${before.length} containers as before, ${after.length - same} new`
  })
  for (const service of ['worker-connect', 'worker-verify', 'api', 'redis', 'mongo']) {
    await step(`kill -9 of ${service} while connects run`, async () => {
      const asked = askAllTheTime(user)
      const { end } = await connects(CONNECTS)
      const back = await killOne(service)
      return `back after ${back}; ${await end()}; ${await asked.end()}`
    })
  }
  await step('up --force-recreate api while connects are posted', async () => {
    const asked = askAllTheTime(user)
    const posted = connects(CONNECTS)
    await compose('up', '--detach', '--wait', '--no-deps', '--force-recreate', 'api')
    return `${await (await posted).end()}; ${await asked.end()}`
  })
  await step('down, up', async () => {
    await compose('down')
    await compose('up', '--detach', '--wait')
    return `${await readConnected(user)} of ${acceptedSoFar} channels are connected; ${await (await connects(1)).end()}`
  })
}

async function step(name: string, work: () => Promise<string>) {
  const from = performance.now()
  const seen = await work()
  console.log(`${name.padEnd(50)} ${secondsSince(from).padStart(6)} s  ${seen}`)
}

const overrides = `services:\n${['worker-connect', 'worker-verify', 'worker-check']
  .map((name) => `  ${name}: { extra_hosts: ['${HOST}:host-gateway'] }\n`)
  .join('')}`
const settingsFor = (port: number, { pdsUrl, plcUrl }: ReachablePds) => `
PORT=${port}
ADMIN_EMAIL=admin@example.com
ALLOW_PRIVATE_NETWORK=true
BLUESKY_SERVICE_URL=${pdsUrl}
HANDLE_RESOLVER_URL=${pdsUrl}
PLC_DIRECTORY_URL=${plcUrl}
BLUESKY_APPVIEW_URL=off
RETRY_DELAYS_SECONDS=2
REQUEST_TIMEOUT_SECONDS=60
QUOTAS=${NO_QUOTAS}
CHANNELS_IN_FLIGHT=100000
`

async function readSecret(name: string): Promise<string> {
  return (await readFile(join(dir, 'secrets', name), 'utf8')).trim()
}

let acceptedSoFar = 0
const readConnected = async (user: User) =>
  (await user.request<ChannelSummary>('GET', '/api/channels/summary')).connected

/** Posts connects of new accounts, all at once. `end` waits until each that was accepted is connected. */
async function startConnects(user: User, network: ReachablePds, count: number) {
  const logins = []
  for (let index = 0; index < count; index++) logins.push(await network.newLogin())
  const from = performance.now()
  const answers = Promise.all(
    logins.map((login) => user.request('POST', '/api/channels/bluesky', login).then(() => null, String)),
  )
  const end = async () => {
    const refusals = (await answers).filter((answer) => answer !== null)
    acceptedSoFar += count - refusals.length
    let missing = count
    while (missing > 0 && performance.now() - from < WITHIN_MS) {
      await wait(200)
      missing = acceptedSoFar - (await readConnected(user).catch(() => -Infinity))
    }
    if (missing > 0) process.exitCode = 1
    const refused = refusals.length > 0 ? ` ${refusals.length} refused, such as: ${refusals[0]?.slice(0, 80)}` : ''
    return `${count - refusals.length} connects accepted, ${missing} missing after ${secondsSince(from)} s${refused}`
  }
  return { end }
}

/** Reads from the API all the time, in four loops. `end` says how many were refused. */
function askAllTheTime(user: User) {
  const ending = new AbortController()
  let asked = 0
  let refused = 0
  let slowestMs = 0
  const loop = async () => {
    while (!ending.signal.aborted) {
      const from = performance.now()
      asked += 1
      await user.request('GET', '/api/me').catch(() => (refused += 1))
      slowestMs = Math.max(slowestMs, performance.now() - from)
      await wait(20)
    }
  }
  const loops = Promise.all([loop(), loop(), loop(), loop()])
  return {
    async end() {
      ending.abort()
      await loops
      return `${refused} of ${asked} requests refused, the slowest took ${(slowestMs / 1000).toFixed(1)} s`
    },
  }
}

type Container = {
  Id: string
  Name: string
  RestartCount: number
  State: { Pid: number; Health?: { Status: string } }
  Config: { User: string; Env: string[] }
  HostConfig: {
    Memory: number
    NanoCpus: number
    PidsLimit: number
    ReadonlyRootfs: boolean
    CapAdd: string[] | null
    LogConfig: { Config: Record<string, string> }
  }
}

const idsOf = async (...services: string[]) => (await compose('ps', '--quiet', ...services)).split('\n')
const inspect = async (id: string) => (JSON.parse(await docker('inspect', id)) as [Container])[0]
const inspectAll = async () => Promise.all((await idsOf()).map(inspect))

function describeLimits(containers: Container[], secrets: string[]): string {
  const withAll = containers.filter(({ HostConfig: { Memory, NanoCpus, PidsLimit, LogConfig } }) =>
    [Memory, NanoCpus, PidsLimit, LogConfig.Config['max-size']].every(Boolean),
  )
  const leaking = containers.filter(({ Config }) =>
    Config.Env.some((line) => secrets.some((secret) => secret !== '' && line.includes(secret))),
  )
  return `${withAll.length} of ${containers.length} have limits of memory, processors, processes and log; ${leaking.length} have a secret in the environment`
}

async function describeMemory(): Promise<string> {
  const lines = (await docker('stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}', ...(await idsOf()))).split(
    '\n',
  )
  return lines
    .map((line) => line.replace(`${PROJECT}-`, '').replace(/ \/.*/, ''))
    .toSorted()
    .join(', ')
}

/** From outside of the container, as `docker kill` would keep it from coming back. @returns how long it was away */
async function killOne(service: string): Promise<string> {
  const [id = ''] = await idsOf(service)
  const before = await inspect(id)
  const script = `process.kill(${before.State.Pid}, 'SIGKILL')`
  await docker('run', '--rm', '--pid', 'host', '--user', '0', IMAGE, 'node', '-e', script)
  const from = performance.now()
  while (performance.now() - from < WITHIN_MS) {
    const { RestartCount, State } = await inspect(id)
    if (RestartCount > before.RestartCount && State.Health?.Status === 'healthy') {
      return `${secondsSince(from)} s`
    }
    await wait(250)
  }
  throw new Error(`${service} did not come back`)
}

function secondsSince(from: number): string {
  return ((performance.now() - from) / 1000).toFixed(1)
}

try {
  await main()
} finally {
  for (const step of undo.toReversed()) await step()
}
