// In a process that serves both, checks begin only while no job of a person is in hand or was just now, or after a while.
import { setImmediate as settle } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { createPeopleFirst } from '../../workers/people-first.ts'

/** A job that lasts until it is told to end. */
function job(fails = false) {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const begun = vi.fn<() => Promise<void>>(() => promise)
  return { begun, end: () => (fails ? reject(new Error('broke off')) : resolve()) }
}

test('a check begins at once where nobody has a job in hand, and people never wait for checks', async () => {
  const { person, check } = createPeopleFirst()
  const [first, second, connect] = [job(), job(), job()]
  void check(first.begun)
  void check(second.begun)
  void person(connect.begun)
  await settle()
  for (const { begun } of [first, second, connect]) expect(begun).toHaveBeenCalledOnce()
})

test('a check begins as soon as the last job of a person has ended, however it ended', async () => {
  const { person, check } = createPeopleFirst(20_000, 0)
  const [connect, verify, waiting] = [job(), job(true), job()]
  void person(connect.begun)
  const broken = person(verify.begun).catch((error: Error) => error.message)
  void check(waiting.begun)
  connect.end()
  await settle()
  expect(waiting.begun).not.toHaveBeenCalled()
  verify.end()
  expect(await broken).toBe('broke off')
  await settle()
  expect(waiting.begun).toHaveBeenCalledOnce()
})

test('between two jobs of a person no check begins', async () => {
  const { person, check } = createPeopleFirst(20_000, 50)
  const [connect, waiting] = [job(), job()]
  const connected = person(connect.begun)
  void check(waiting.begun)
  connect.end()
  await connected
  const endedAt = performance.now()
  await vi.waitFor(() => expect(waiting.begun).toHaveBeenCalledOnce(), { timeout: 45_000, interval: 5 })
  expect(performance.now() - endedAt).toBeGreaterThanOrEqual(45)
})

test('where the jobs of people never end a check begins all the same, after its longest wait', async () => {
  const { person, check } = createPeopleFirst(50)
  const [endless, waiting] = [job(), job()]
  void person(endless.begun)
  const startedAt = performance.now()
  void check(waiting.begun)
  await vi.waitFor(() => expect(waiting.begun).toHaveBeenCalledOnce(), { timeout: 45_000, interval: 5 })
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(49)
})
