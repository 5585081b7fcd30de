// Submits connects as people's pages do: over kept connections, signed in by cookie, each with an account of its own.
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { didOf } from './accounts-server.ts'
import type { User } from './program.ts'

export interface Traffic {
  baseUrl: string
  users: Pick<User, 'token'>[]
  /** numbers of the accounts to connect */
  numbers: number[]
  /** so many wait for their answers at once */
  atOnce?: number
  /** or one begins every so many milliseconds, whatever became of those before */
  everyMs?: number
  /** whoever has no answer by then waits no longer */
  patienceMs?: number
}

/** `status` is null where the connection broke, or nobody answered in time. */
export type Answer = { number: number; status: number | null; ms: number }

export async function submit(traffic: Traffic): Promise<Answer[]> {
  const { numbers, atOnce = 20, everyMs } = traffic
  const agent = new Agent({ keepAlive: true })
  const answers: Answer[] = []
  const one = async (number: number) => void answers.push(await post(traffic, agent, number))
  if (everyMs === undefined) {
    const rest = numbers.values()
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (const number of rest) await one(number)
      }),
    )
  } else {
    const sent: Promise<void>[] = []
    for (const number of numbers) {
      sent.push(one(number))
      await sleep(everyMs)
    }
    await Promise.all(sent)
  }
  agent.destroy()
  return answers
}

function post({ baseUrl, users, patienceMs = 30_000 }: Traffic, agent: Agent, number: number): Promise<Answer> {
  const startedAt = performance.now()
  const body = JSON.stringify({ identifier: didOf(number), appPassword: 'abcd-efgh-ijkl-mnop' })
  const headers = {
    'content-type': 'application/json',
    'content-length': String(body.length),
    origin: baseUrl,
    cookie: `bluesky-connect.session_token=${encodeURIComponent(users[number % users.length]?.token ?? '')}`,
  }
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const done = (status: number | null) => resolve({ number, status, ms: performance.now() - startedAt })
  const signal = AbortSignal.timeout(patienceMs)
  const sent = request(`${baseUrl}/api/channels/bluesky`, { method: 'POST', agent, headers, signal }, (response) => {
    response
      .once('end', () => done(response.statusCode ?? null))
      .once('error', () => done(null))
      .resume()
  })
  sent.once('error', () => done(null)).end(body)
  return promise
}
