// A process that is killed in the middle of its work, as far as its database sees it.
import type { System } from './system.ts'

type Db = System['context']['db']

/** A database that is there until `method` of `collection` is called for the `nth` time: that call and all after it fail. */
export function dyingDb(db: Db, collection: 'channels' | 'mails' | 'subscriptions', method: string, nth: number): Db {
  let calls = 0
  const model = new Proxy(db[collection] as object, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        if (name === method) calls++
        if (calls >= nth) throw new Error('killed')
        return (value as (...all: unknown[]) => unknown).apply(target, given)
      }
    },
  })
  return { ...db, [collection]: model }
}
