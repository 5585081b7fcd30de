// Every query keeps to the rules of MongoDB's own planner, whichever database the tests run on.
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { defaultKeepDays } from '../../src/config.ts'
import type { ConnectionPage } from '../../src/contract.ts'
import { countNow } from '../../src/db/connection-counts.ts'
import { countAsked, planned } from '../../src/db/connection-filter.ts'
import { countPeopleElsewhere } from '../../src/db/connections.ts'
import { declaredIndexes, nameOf, type Index } from '../../src/db/indexes.ts'
import { dropNotices, listNoted, listNotices } from '../../src/db/notices.ts'
import { forgetOld } from '../../src/db/retention.ts'
import { expirePasswords } from '../../src/db/steps.ts'
import { listTelling } from '../../src/db/subscriptions.ts'
import { listUnplanned } from '../../src/db/checks.ts'
import { markGone, markRemoved } from '../../src/db/removed-users.ts'
import { countOnce } from '../../workers/connection-counts.ts'
import { sweepOnce } from '../../workers/sweep.ts'
import { sentWhile, watchedMongo, type Command } from '../helpers/mongo-commands.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

type Filter = Record<string, unknown>

/** One thing that is asked of a collection. */
interface Query {
  collection: string
  filter: Filter
  hint?: Index['key']
  sort?: Record<string, number>
}

let system: System
let queries: Query[]

beforeAll(async () => {
  system = await createSystem({ env: watchedMongo() })
  const commands = await sentWhile(system, useAll)
  queries = commands.flatMap(queriesOf)
})
afterAll(() => system.stop())

/** What people, administrators, workers and the sweep do. */
async function useAll(): Promise<void> {
  const { db } = system.context
  const now = new Date()
  const [user, admin] = await Promise.all([system.user(), system.admin()])
  const account = await createAccount(inject('pds'))
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  await system.settled(user, id)
  const other = await user.connect('nobody.test', 'aaaa-bbbb-cccc-dddd')
  await system.settled(user, other.id)
  const list = '/api/admin/connections'
  const filters = ['status=failed', 'outcome=wrong_server', 'server=https://x.example.com', `user=${user.id}`]
  for (const query of [...filters, 'asked=true', 'q=nobody', 'q=no', `q=${id}`, `user=${user.email}`]) {
    await admin.request('GET', `${list}?${query}`)
  }
  for (const sort of ['', 'since', '-since', 'server', 'outcome']) await allPages(admin, sort)
  await admin.request('GET', `${list}/counts?q=nobody&from=2020-01-01T00:00:00Z`)
  await countOnce(system.context)
  await admin.request('GET', `${list}/summary`)
  await admin.request('GET', `${list}/retry?outcome=pds_error`)
  await admin.request('POST', `${list}/retry`, { body: { outcome: 'handle_not_found' } })
  await admin.request('GET', `${list}/${other.id}`)
  await admin.request('GET', '/api/admin/audit')
  for (const query of [
    '',
    'q=exam',
    'role=admin',
    'state=invited',
    'state=locked_out',
    'state=active',
    `cursor=${user.id}`,
  ]) {
    await admin.request('GET', `/api/admin/people?${query}`)
  }
  await admin.request('GET', `/api/admin/people/${user.id}`)
  await admin.request('POST', `/api/admin/people/${user.id}/password-link`, { body: {} })
  await user.request('POST', '/api/me/email', { body: { email: 'another@example.com' } })
  await user.request('POST', '/api/me/email/confirm', { body: { token: 'x' } })
  await user.request('GET', '/api/me/export')
  await user.request('GET', '/api/channels')
  await user.request('GET', `/api/channels?cursor=0-${id}`)
  await user.request('GET', '/api/channels?group=Fashion')
  await user.request('GET', `/api/channels?group=Fashion&cursor=0-${id}`)
  await user.request('POST', '/api/channels/groups', { body: { ids: [id], add: ['Fashion'] } })
  await user.request('GET', '/api/channels/summary')
  await user.request('GET', `/api/channels/${id}`)
  await user.request('DELETE', `/api/channels/${id}`)
  await user.request('POST', '/api/channels/remove', { body: { ids: [other.id] } })
  await user.request('DELETE', '/api/removals')
  await system.admin()
  await sweepOnce(system.context)
  // What is asked seldom.
  await planned(db, { text: 'did:plc:x' })
  await countNow(db, { text: 'nobody', from: now }, { all: false, at: now })
  await countAsked(db)
  await countPeopleElsewhere(db, 'https://x.example.com')
  await listNoted(db, now, 10)
  await listNotices(db, user.id, 10)
  await dropNotices(db, user.id)
  await listTelling(db, now, 10)
  await listUnplanned(db, now, 10)
  await expirePasswords(db, now)
  await forgetOld(db, defaultKeepDays, now, 10)
  await markGone(db, '', now, 10)
  await markRemoved(db, [user.id], 'test', now)
  await sweepOnce(system.context)
}

/** Two pages at least, of everything. */
async function allPages(admin: Client, sort: string): Promise<void> {
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = [sort && `&sort=${sort}`, cursor && `&cursor=${cursor}`].join('')
    const page: { body: ConnectionPage } = await admin.request('GET', `/api/admin/connections?limit=1${query}`)
    cursor = page.body.nextCursor
  }
}

function queriesOf(command: Command): Query[] {
  const { find, aggregate, update, findAndModify, hint, sort } = command
  // The driver makes a map of it.
  const order = sort instanceof Map ? { sort: Object.fromEntries(sort) as Query['sort'] } : {}
  const more = { ...(hint ? { hint } : {}), ...order } as Pick<Query, 'hint' | 'sort'>
  if (typeof find === 'string') return [{ collection: find, filter: command.filter as Filter, ...more }]
  if (typeof findAndModify === 'string') return [{ collection: findAndModify, filter: command.query as Filter }]
  if (typeof update === 'string') {
    return (command.updates as { q: Filter }[]).map(({ q }) => ({ collection: update, filter: q }))
  }
  if (typeof command.delete === 'string') {
    return (command.deletes as { q: Filter }[]).map(({ q }) => ({ collection: command.delete as string, filter: q }))
  }
  if (typeof aggregate !== 'string') return []
  const [first] = command.pipeline as { $match?: Filter }[]
  return [{ collection: aggregate, filter: first?.$match ?? {}, ...more }]
}

/** What a filter asks for all at once: field by field, each operator for itself. */
function conjuncts(filter: Filter): { field: string; asked: unknown }[] {
  return Object.entries(filter).flatMap(([field, asked]) => {
    if (field === '$and') return (asked as Filter[]).flatMap(conjuncts)
    const isOperators = asked !== null && typeof asked === 'object' && Object.keys(asked)[0]?.startsWith('$')
    if (field.startsWith('$') || !isOperators) return [{ field, asked }]
    return Object.entries(asked).map(([operator, value]) => ({ field, asked: { [operator]: value } }))
  })
}

/**
 * Whether MongoDB knows that the filter asks for nothing outside of a partial index: each part of the index's own filter
 * has to stand in the query as it is. It understands a few more, such as ranges within ranges, which nothing here needs.
 */
function implies(filter: Filter, { partialFilterExpression = {} }: Index): boolean {
  const asked = new Set(conjuncts(filter).map((one) => JSON.stringify(one)))
  return conjuncts(partialFilterExpression as Filter).every((one) => asked.has(JSON.stringify(one)))
}

const indexesOf = (collection: string): Index[] => [
  { key: { _id: 1 } },
  ...(declaredIndexes(system.context.db.connection, defaultKeepDays)[collection] ?? []),
]

/** Whether MongoDB has an index for it: one whose first field it asks for, or every branch of an $or has one. */
function isServed({ collection, filter, sort }: Query): boolean {
  const usable = indexesOf(collection).filter((index) => implies(filter, index))
  const first = new Set(usable.map(({ key }) => Object.keys(key)[0]))
  const asks = conjuncts(filter)
  const sorted = Object.keys(sort ?? {})[0]
  if (asks.some(({ field }) => first.has(field)) || (sorted !== undefined && first.has(sorted))) return true
  return asks.some((or) => {
    const others = asks.filter((one) => one !== or).map(({ field, asked }) => ({ [field]: asked }))
    const isBranchServed = (branch: Filter) => isServed({ collection, filter: { $and: [...others, branch] } })
    return or.field === '$or' && (or.asked as Filter[]).every(isBranchServed)
  })
}

/** A handful of documents, or read once by each start. */
const small = new Set(['migrations', 'options', 'incident-watch', 'connection-counts', 'processes'])
/** Asked at a start alone: users whose role is none. */
const isOdd = ({ collection, filter }: Query) => collection === 'user' && Object.keys(filter).length === 0

test('what is hinted is declared, and the query says that it asks for nothing outside of it', () => {
  const hinted = queries.filter(({ hint }) => hint)
  const hints = new Set(hinted.map(({ collection, hint }) => `${collection} ${nameOf({ key: hint ?? {} })}`))
  for (const { collection, filter, hint = {} } of hinted) {
    const index = indexesOf(collection).find((one) => nameOf(one) === nameOf({ key: hint }))
    expect(index, `${collection} has no index ${nameOf({ key: hint })}`).toBeDefined()
    if (index) expect(implies(filter, index), `${JSON.stringify(filter)} with ${nameOf(index)}`).toBe(true)
  }
  // All of them were seen.
  expect([...hints].toSorted()).toEqual([
    'channels _id_1',
    'channels askedAt_1',
    'channels did_1_userId_1',
    'channels handle_1',
    'channels identifier_1_userId_1',
    'channels notice.at_1',
    'channels outcome.params.actualServer_1_userId_1',
    'channels parts_1_rank_1',
    'channels rank_1_outcome.code_1_since_-1__id_-1',
    'channels rank_1_serviceUrl_1_since_-1__id_-1',
    'channels rank_1_since_-1__id_-1_status_1',
    'channels requestId_1',
    'channels step_1_lease.sweepAt_1',
    'channels submittedAt_1',
    'channels userId_1_groups_1_rank_1__id_-1',
    'channels userId_1_live_1_rank_1__id_-1',
    'channels userId_1_notice.at_1',
    'incidents server_1',
    'subscriptions telling.at_1',
    'user _id_1',
  ])
})

test('no query reads a whole collection', () => {
  const read = queries.filter((query) => !small.has(query.collection) && !isOdd(query) && !isServed(query))
  const inWords = read.map(({ collection, filter }) => `${collection} ${JSON.stringify(filter)}`)
  expect([...new Set(inWords)]).toEqual([])
  expect(new Set(queries.map(({ collection }) => collection)).size).toBeGreaterThan(10)
})

test('partial indexes keep to what MongoDB allows in their filter', () => {
  const allowed = ['$eq', '$exists', '$gt', '$gte', '$lt', '$lte', '$type', '$and']
  const declared = Object.values(declaredIndexes(system.context.db.connection, defaultKeepDays)).flat()
  for (const { partialFilterExpression = {} } of declared) {
    for (const { asked } of conjuncts(partialFilterExpression as Filter)) {
      const operators = asked !== null && typeof asked === 'object' ? Object.keys(asked) : []
      expect(allowed).toEqual(expect.arrayContaining(operators))
    }
  }
})
