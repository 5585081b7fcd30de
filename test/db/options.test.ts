// Options are read once for all who ask at the same time, and nobody sees what was there before.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findOptions, saveOption } from '../../src/db/options.ts'
import { sentWhile, watchedMongo } from '../helpers/mongo-commands.ts'
import { createSystem, type System } from '../helpers/system.ts'

let system: System
beforeAll(async () => {
  system = await createSystem({ workers: false, env: watchedMongo() })
})
afterAll(() => system.stop())

const KEY = 'bluesky_service-url'

test('those who ask at the same time share one query, and those who come meanwhile the next one', async () => {
  const { db } = system.context
  const sent = await sentWhile(system, async () => {
    const together = [findOptions(db), findOptions(db), findOptions(db)]
    await together[0]
    await Promise.all([...together, findOptions(db), findOptions(db)])
  })
  expect(sent.filter(({ find }) => find === 'options')).toHaveLength(2)
})

test('whoever asks after a save sees it, also while others are being answered', async () => {
  const { db } = system.context
  for (const url of ['https://one.example', 'https://two.example', 'https://three.example']) {
    const others = [findOptions(db), findOptions(db)]
    const save = saveOption(db, KEY, url)
    const meanwhile = Promise.resolve().then(() => findOptions(db))
    await save
    expect((await findOptions(db))[KEY]).toBe(url)
    await Promise.all([...others, meanwhile])
  }
})

test('a query that gets no answer holds up none that comes after it', async () => {
  const { db } = system.context
  const { options } = db
  const hung = { ...db, options: Object.create(options) as typeof options }
  hung.options.find = () => ({ lean: () => new Promise(() => {}) }) as never
  void findOptions(hung)
  await Promise.resolve()
  // The first one has gone out by then, and waits for ever.
  await new Promise(setImmediate)
  hung.options = options
  expect(await findOptions(hung)).toMatchObject({ [KEY]: 'https://three.example' })
})

test('a query that fails fails those who asked, and not those who come after', async () => {
  const { db } = system.context
  const { options } = db
  const failing = { ...db, options: Object.create(options) as typeof options }
  failing.options.find = () => ({ lean: () => Promise.reject(new Error('gone')) }) as never
  await expect(findOptions(failing)).rejects.toThrow('gone')
  failing.options = options
  expect(await findOptions(failing)).toMatchObject({ [KEY]: 'https://three.example' })
})
