// Asks Bluesky itself whether it shows an account: what its server takes from it may be hidden there.
import type { Logger } from 'pino'
import type { Answer } from '../outcomes/evidence.ts'
import type { Http } from '../http/client.ts'
import { call } from './xrpc.ts'

export interface Appview {
  /** True only where Bluesky says so; whatever else it says, or fails to say, is nothing against the account. Never throws. */
  hides(did: string, signal: AbortSignal): Promise<boolean>
}

interface Options {
  http: Pick<Http, 'fetch'>
  /** null: nobody is asked */
  appviewUrl: string | null
  log: Pick<Logger, 'warn'>
  answerMs?: number
  /** For so long it is left alone after no answer: a machine without a way there shall not wait for one at every proof. */
  pauseMs?: number
}

export function createAppview({ http, appviewUrl, log, answerMs = 3_000, pauseMs = 300_000 }: Options): Appview {
  let pausedUntil = -Infinity
  const hasty: Pick<Http, 'fetch'> = { fetch: (input, init) => http.fetch(input, { ...init, deadlineMs: answerMs }) }

  return {
    async hides(did, signal) {
      if (!appviewUrl || performance.now() < pausedUntil) return false
      try {
        const target = { http: hasty, serviceUrl: appviewUrl, signal }
        const { answer } = await call(target, (agent) => agent.app.bsky.actor.getProfile({ actor: did }))
        const reason = silence(answer)
        if (reason) {
          pausedUntil = performance.now() + pauseMs
          log.warn({ server: appviewUrl, reason, pauseMs }, 'the AppView does not answer')
        }
        return answer.kind === 'error' && answer.error === 'AccountTakedown'
      } catch (error) {
        log.warn({ err: error }, 'asking the AppView broke off')
        return false
      }
    },
  }
}

/** Why an answer is none; null for one, also when it says no, and when it was us who gave up. */
function silence(answer: Answer): string | null {
  if (answer.kind === 'fault') return answer.fault.reason === 'aborted' ? null : answer.fault.reason
  const { status } = answer
  return status === 429 || status >= 500 ? `status ${status}` : null
}
