// Processes that start at the same moment make the same indexes, and all of them come up.
import { randomBytes } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { openDb } from '../../src/db/open.ts'

test('any number of processes can start at once on an empty database', async () => {
  for (let round = 0; round < 4; round++) {
    const url = inject('stores').mongoUrl.replace(/\/[^/]*$/, `/t${randomBytes(6).toString('hex')}`)
    const opened = await Promise.all(Array.from({ length: 6 }, () => openDb(url)))
    expect((await opened[0]?.channels.collection.indexes())?.length).toBeGreaterThan(10)
    await Promise.all(opened.map(({ connection }) => connection.close()))
  }
})
