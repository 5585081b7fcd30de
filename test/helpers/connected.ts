// Whether the program works: a connect, from its submit to `connected`.
import { expect, inject } from 'vitest'
import { createAccount, createAppPassword } from './pds.ts'
import type { Client, System } from './system.ts'

export async function submitGood(user: Client): Promise<string> {
  const account = await createAccount(inject('pds'))
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  return id
}

/** It does not lean on word through Redis. */
export const untilConnected = (user: Client, id: string) =>
  expect
    .poll(async () => (await user.request<{ status: string }>('GET', `/api/channels/${id}`)).body.status, {
      timeout: 90_000,
      interval: 100,
    })
    .toBe('connected')

export async function connects(system: System): Promise<void> {
  const user = await system.user()
  await untilConnected(user, await submitGood(user))
}

/** What /readyz says. */
export async function readiness(url: string) {
  const response = await fetch(`${url}/readyz`)
  const { mongodb, redis } = (await response.json()) as { mongodb: string; redis: string }
  return { status: response.status, mongodb, redis }
}
