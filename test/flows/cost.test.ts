// What one connect costs: the commands to MongoDB, with one page open, and who hears of what.
import { expect, inject, test, onTestFinished } from 'vitest'
import type { Channel } from '../../src/contract.ts'
import { openStream } from '../helpers/event-stream.ts'
import { sentWhile, watchedMongo } from '../helpers/mongo-commands.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem } from '../helpers/system.ts'

const pds = inject('pds')

test('a connect with one page open: at most 17 commands to MongoDB, and an event for each of its three states', async () => {
  // No sweep in between: what it asks is not the connect's.
  const system = await createSystem({ env: { ...watchedMongo(), SWEEP_INTERVAL_SECONDS: '300' } })
  onTestFinished(() => system.stop())
  const user = await system.user()
  const account = await createAccount(pds)
  const appPassword = await createAppPassword(account)
  await using stream = await openStream(system.url, user.token)
  await stream.next('snapshot')

  const statuses: string[] = []
  const sent = await sentWhile(system, async () => {
    await user.connect(account.handle, appPassword)
    while (statuses.at(-1) !== 'connected') statuses.push(((await stream.next('channel')) as Channel).status)
  })
  expect(statuses).toEqual(['connecting', 'verifying', 'connected'])
  // What a process does by the clock is not the connect's.
  const names = sent
    .flatMap((command) => Object.entries(command).slice(0, 1))
    .map(([name, collection]) => `${name}:${String(collection)}`)
    .filter((name) => !/:(incident-watch|servers|processes)$/.test(name))
  expect(names.length, names.join(' ')).toBeLessThanOrEqual(17)
})
