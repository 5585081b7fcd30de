// A lock file: one run at a time holds it, and a killed one leaves nothing that hinders the next.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withLock } from '../../services/processes/lock.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'lock-'))
})
afterEach(() => rm(dir, { recursive: true }))

test('two that want the same lock run one after the other', async () => {
  const events: string[] = []
  const work = (name: string) => () =>
    new Promise<void>((resolve) => {
      events.push(`${name} begins`)
      setImmediate(() => {
        events.push(`${name} ends`)
        resolve()
      })
    })
  const file = path.join(dir, 'a.lock')
  await Promise.all([withLock(file, work('one')), withLock(file, work('two'))])
  // Which of them is first is nobody's business.
  const [first, second] = events[0]?.startsWith('one') ? ['one', 'two'] : ['two', 'one']
  expect(events).toEqual([`${first} begins`, `${first} ends`, `${second} begins`, `${second} ends`])
})

test('the lock of a process that is gone is taken over', async () => {
  const gone = spawnSync(process.execPath, ['-e', '0']).pid
  const file = path.join(dir, 'a.lock')
  await writeFile(file, String(gone))
  expect(await withLock(file, () => readFile(file, 'utf8'))).toContain(`${process.pid} `)
})

test('the lock of a process whose number belongs to another one by now is taken over', async () => {
  const file = path.join(dir, 'a.lock')
  await writeFile(file, `${process.ppid} before the machine was started anew`)
  expect(await withLock(file, () => readFile(file, 'utf8'))).toContain(`${process.pid} `)
})

test('the lock is free again after a failure', async () => {
  const file = path.join(dir, 'a.lock')
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await withLock(file, () => Promise.resolve('yes'))).toBe('yes')
})
