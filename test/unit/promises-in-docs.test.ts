// What the documents promise in figures is what the program is set to.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MOST_LOOK_MS } from '../../src/bluesky/look.ts'
import { TAKEN_MS } from '../../workers/look.ts'
import { LOCK_MS, STALLED_CHECK_MS } from '../../workers/start.ts'

const read = async (file: string) =>
  (await readFile(join(import.meta.dirname, '../..', file), 'utf8')).replaceAll(/\s+/g, ' ')

test('docs/operations.md says how soon a worker that was killed is noticed', async () => {
  const [, seconds] =
    /killed is noticed by the others of its queue after at most (\d+) s;/.exec(await read('docs/operations.md')) ?? []
  expect(Number(seconds) * 1000).toBe(LOCK_MS + STALLED_CHECK_MS)
})

test('docs/operations.md says how long a look at the Service URL takes, and when another worker takes it over', async () => {
  const [, takenSeconds, mostSeconds] =
    /finds the look within `SWEEP_INTERVAL_SECONDS` or (\d+) s. One takes at most (\d+) s./.exec(
      await read('docs/operations.md'),
    ) ?? []
  expect([Number(takenSeconds) * 1000, Number(mostSeconds) * 1000]).toEqual([TAKEN_MS, MOST_LOOK_MS])
})
