// Asks the programs of this checkout whether they are well.
import { readFile } from 'node:fs/promises'
import { LOOPBACK, accepts } from '../processes/ports.ts'
import { mongoSocket } from '../stores/mongo.ts'
import { redisSocket } from '../stores/redis.ts'
import type { PdsNetwork } from '../demo/pds.ts'
import { dataDir, pdsFile } from '../processes/programs.ts'
import type { Process } from '../processes/supervisor.ts'

const ANSWER_MS = 3_000

/** "ok", or what is wrong in a few words. */
export async function healthOf(process: Process): Promise<string> {
  if (process.state !== 'online') return 'not running'
  switch (process.name) {
    case 'mongo':
      return (await accepts(mongoSocket(dataDir('mongo')))) ? 'ok' : 'does not answer'
    case 'redis':
      return (await accepts(redisSocket(dataDir('redis')))) ? 'ok' : 'does not answer'
    case 'pds': {
      const network = await readNetwork()
      return network ? ask(`${network.pdsUrl}/xrpc/_health`) : 'starting'
    }
    default:
      return ask(`http://${LOOPBACK}:${process.healthPort}/readyz`)
  }
}

export interface RunningVersion {
  version: string
  commit: string
}

/** What the process itself says: the files of this checkout may be newer. */
export async function versionOf(process: Process): Promise<RunningVersion | null> {
  if (process.state !== 'online' || process.healthPort === undefined) return null
  try {
    const url = `http://${LOOPBACK}:${process.healthPort}/version`
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })
    return response.ok ? ((await response.json()) as RunningVersion) : null
  } catch {
    return null
  }
}

async function ask(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })
    if (response.ok) return 'ok'
    const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>
    const failing = ['mongodb', 'redis'].filter((store) => answer[store] !== 'ok' && answer[store] !== undefined)
    const inWords = failing.map((store) => `${store} ${String(answer[store])}`)
    const since = typeof answer['since'] === 'string' ? ` since ${answer['since']}` : ''
    return failing.length > 0 ? `${inWords.join(', ')}${since}` : `answers ${response.status}`
  } catch {
    return 'does not answer'
  }
}

/** What the demo PDS wrote down when it was ready. */
export async function readNetwork(): Promise<PdsNetwork | undefined> {
  const text = await readFile(pdsFile, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as PdsNetwork)
}
