// `service.sh status`: each process, its health, and what it is connected to.
import { styleText } from 'node:util'
import { healthOf, readNetwork } from './health.ts'
import { mongoUrl } from '../stores/mongo.ts'
import { dataDir, PROGRAM_NAMES } from '../processes/programs.ts'
import { redisSocket } from '../stores/redis.ts'
import { say } from '../say.ts'
import { withoutCredentials } from '../../src/without-credentials.ts'
import { readSettings } from './settings.ts'
import { listProcesses, orphans } from '../processes/supervisor.ts'

/** Prints it; true if everything is well. */
export async function showStatus(): Promise<boolean> {
  const processes = await listProcesses()
  if (processes.length === 0) {
    const left = await orphans()
    if (left.length === 0) say('Nothing is running. ./service.sh start starts it.')
    else
      say(
        `The supervisor was killed and left processes behind (${left.join(', ')}). ./service.sh start or stop ends them.`,
      )
    return false
  }
  processes.sort((a, b) => rank(a.name) - rank(b.name) || a.id - b.id)
  const rows = await Promise.all(
    processes.map(async (process) => {
      const health = await healthOf(process)
      const isUp = process.state === 'online'
      const cells = [
        process.name,
        process.state,
        isUp ? String(process.pid) : '-',
        isUp ? uptime(Date.now() - process.startedAt) : '-',
        String(process.restarts),
        health,
      ]
      return { cells, isWell: health === 'ok' }
    }),
  )
  const header = ['process', 'state', 'pid', 'up', 'restarts', 'health']
  const widths = header.map((title, index) =>
    Math.max(title.length, ...rows.map(({ cells }) => cells[index]?.length ?? 0)),
  )
  const line = (cells: string[]) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
  say(styleText('dim', line(header)))
  for (const { cells, isWell } of rows) say(isWell ? line(cells) : styleText('red', line(cells)))

  const settings = readSettings(processes)
  const network = processes.some(({ name }) => name === 'pds') ? await readNetwork() : undefined
  const store = (set: string | undefined, embedded: string) =>
    set === undefined ? `${embedded} (embedded, data in .runtime/data)` : withoutCredentials(set)
  say('')
  say(`API      ${settings.baseUrl}`)
  say(`MongoDB  ${store(settings.get('MONGODB_URL'), mongoUrl(dataDir('mongo')))}`)
  say(`Redis    ${store(settings.get('REDIS_URL'), redisSocket(dataDir('redis')))}`)
  if (network?.mailbox) say(`Mails    ${network.mailbox.pageUrl} (demo)`)
  if (network) say(`PDS      ${network.pdsUrl} and ${network.otherPdsUrl} (demo), PLC directory ${network.plcUrl}`)
  else
    say(
      `Bluesky  ${settings.get('BLUESKY_SERVICE_URL') ?? 'https://bsky.social'} (unless an admin saved another Service URL)`,
    )
  return rows.every(({ isWell }) => isWell)
}

function rank(name: string): number {
  return (PROGRAM_NAMES as readonly string[]).indexOf(name)
}

export function uptime(durationMs: number): string {
  const minutes = Math.floor(durationMs / 60_000)
  if (minutes < 1) return `${Math.floor(durationMs / 1_000)} s`
  if (minutes < 60) return `${minutes} min`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  return `${Math.floor(minutes / (24 * 60))} d`
}
