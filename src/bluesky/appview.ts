// Asks Bluesky itself whether it shows an account: what its server takes from it may be hidden there, or not have got there yet.
import type { Logger } from 'pino'
import type { Answer, BlueskyView } from '../outcomes/evidence.ts'
import type { Http } from '../http/client.ts'
import { call } from './xrpc.ts'

export interface Appview {
  /** Undefined where Bluesky does not say so clearly: that is nothing against the account. Never throws. */
  view(did: string, signal: AbortSignal): Promise<BlueskyView | undefined>
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
    async view(did, signal) {
      if (!appviewUrl || performance.now() < pausedUntil) return undefined
      try {
        const target = { http: hasty, serviceUrl: appviewUrl, signal }
        const { answer } = await call(target, (agent) => agent.app.bsky.actor.getProfile({ actor: did }))
        const reason = silence(answer)
        if (reason) {
          pausedUntil = performance.now() + pauseMs
          log.warn({ server: appviewUrl, reason, pauseMs }, 'the AppView does not answer')
        }
        return readView(answer)
      } catch (error) {
        log.warn({ err: error }, 'asking the AppView broke off')
        return undefined
      }
    },
  }
}

/** By its words where Bluesky has no name for it. */
function readView(answer: Answer): BlueskyView | undefined {
  if (answer.kind === 'ok') return 'shown'
  if (answer.kind !== 'error') return undefined
  if (answer.error === 'AccountTakedown') return 'hidden'
  return answer.error === 'InvalidRequest' && /profile not found/i.test(answer.message) ? 'unknown' : undefined
}

/** Why an answer is none; null for one, also when it says no, and when it was us who gave up. */
function silence(answer: Answer): string | null {
  if (answer.kind === 'fault') return answer.fault.reason === 'aborted' ? null : answer.fault.reason
  const { status } = answer
  return status === 429 || status >= 500 ? `status ${status}` : null
}
