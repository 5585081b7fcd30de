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

async function ask(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })
    if (response.ok) return 'ok'
    const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>
    const failing = ['mongodb', 'redis'].filter((store) => answer[store] === 'unavailable')
    return failing.length > 0 ? `no ${failing.join(', no ')}` : `answers ${response.status}`
  } catch {
    return 'does not answer'
  }
}

/** What the demo PDS wrote down when it was ready. */
export async function readNetwork(): Promise<PdsNetwork | undefined> {
  const text = await readFile(pdsFile, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as PdsNetwork)
}
