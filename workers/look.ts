// Looks at the server of the Service URL: when somebody waits for it, and from time to time.
import { lookAtServer, MOST_LOOK_MS } from '../src/bluesky/look.ts'
import { keepLook, takeLook } from '../src/db/servers.ts'
import { listenForLooks } from '../src/events.ts'
import type { Http } from '../src/http/client.ts'
import { readOptions } from '../src/options.ts'
import type { Context } from '../src/context.ts'
import type { Finding } from '../src/outcomes/findings.ts'

/** While one is under way, nobody else takes it. */
export const TAKEN_MS = MOST_LOOK_MS + 6_000
const BAD_AGAIN_MS = 5 * 60_000
const GOOD_AGAIN_MS = 24 * 3600_000

interface LookContext extends Pick<Context, 'config' | 'db' | 'log' | 'stores'> {
  http: Pick<Http, 'fetch'>
}

/** @returns what was found; null where no look was due */
export async function lookOnce(context: LookContext, signal: AbortSignal, at = new Date()): Promise<Finding | null> {
  const { db, http, log } = context
  const origin = (await readOptions(context))['bluesky_service-url'].effective
  const until = new Date(at.getTime() + TAKEN_MS)
  if (!(await takeLook(db, origin, at, until))) return null
  const look = await lookAtServer({ http, signal }, origin)
  // A look that this process broke off tells nothing of the server.
  if (signal.aborted) return null
  const lookedAt = new Date()
  const lookAt = new Date(lookedAt.getTime() + (look.finding === 'answers' ? GOOD_AGAIN_MS : BAD_AGAIN_MS))
  await keepLook(db, origin, until, { ...look, lookedAt, lookAt })
  const { finding, suggestion } = look
  log.info({ server: origin, finding, ...(suggestion ? { suggestion } : {}) }, 'look at the Service URL')
  return finding
}

/** A timer of this process finds every look that is due; word through Redis has it begin at once. */
export function startLooks(context: LookContext): { stop(): Promise<void> } {
  const { config, stores } = context
  const stopping = new AbortController()
  const underWay = new Set<Promise<unknown>>()
  // One that waits for a silent server holds up none of another: what is taken is taken once.
  const look = () => {
    const looking = lookOnce(context, stopping.signal)
      .catch((error: unknown) => stores.report(error, 'a look at the Service URL broke off'))
      .finally(() => underWay.delete(looking))
    underWay.add(looking)
  }
  const listening = listenForLooks(context, look)
  const timer = setInterval(look, config.sweep.intervalMs)
  look()
  return {
    async stop() {
      clearInterval(timer)
      listening.close()
      stopping.abort()
      await Promise.all(underWay)
    },
  }
}
