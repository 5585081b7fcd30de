// Measures the admin's list among many channels against the same among ten thousand: pages, filters, orders, searches, counts.
//   node bench/list.ts [channels] [requests of each]
import type { ConnectionPage } from '../src/contract.ts'
import { connectDb, type Db } from '../src/db/open.ts'
import { countOnce } from '../workers/connection-counts.ts'
import { machine, quantile, tell } from './figures.ts'
import { loadChannels } from './load.ts'
import { ADMIN_EMAIL, PASSWORD, startGround, type Ground, type User } from './program.ts'

const PATH = '/api/admin/connections'
const FEW = 10_000
const DEEP_PAGES = 50
const MOST_MS = 50
/** what an administrator reviews */
const FAILURES = 'not connected'
const WEEK_MS = 7 * 24 * 3600_000

interface Figures {
  p50: number
  p95: number
}

async function main(many: number, requests: number) {
  const ground = await startGround()
  try {
    const [few, all] = [await measure(ground, FEW, requests), await measure(ground, many, requests)]
    console.log(`${machine()}; ${requests} requests of each`)
    console.log(`| asked | p50 at ${count(FEW)} | p95 | p50 at ${count(many)} | p95 | p95 more |`)
    console.log('| --- | --- | --- | --- | --- | --- |')
    for (const [name, { p50, p95 }] of all) {
      const before = few.get(name) ?? { p50: 0, p95: 0 }
      const cells = [name, ms(before.p50), ms(before.p95), ms(p50), ms(p95), ms(p95 - before.p95)]
      console.log(`| ${cells.join(' | ')} |`)
    }
    for (const name of [FAILURES, 'summary']) {
      const [before, after] = [few.get(name)?.p95 ?? NaN, all.get(name)?.p95 ?? NaN]
      tell({ what: `${name} at ${count(many)} channels, p95`, measured: after, unit: 'ms', goal: { atMost: MOST_MS } })
      tell({ what: `the same over that at ${count(FEW)}`, measured: after / before, goal: { atMost: 2 } })
    }
    const slow = [...all].filter(([, { p95 }]) => p95 > MOST_MS)
    tell({
      what: `of ${all.size} kinds of request those with a p95 over ${MOST_MS} ms`,
      measured: slow.length,
      goal: { atMost: 0 },
    })
  } finally {
    await ground.stop()
  }
}

const count = (n: number) => n.toLocaleString('en')
const ms = (n: number) => `${n.toFixed(0)} ms`

async function measure(ground: Ground, channels: number, requests: number): Promise<Map<string, Figures>> {
  const program = await ground.startProgram()
  // An index of a million takes longer to build than any of our calls.
  const db = await connectDb(program.mongoUrl, { socketTimeoutMS: 0 })
  try {
    const log = (line: string) => console.error(`${count(channels)}: ${line}`)
    await loadChannels(db, channels, log)
    await countOnce({ db })
    const admin = await program.signIn('sign-in/email', { email: ADMIN_EMAIL, password: PASSWORD })
    const figures = new Map<string, Figures>()
    for (const [name, query] of Object.entries(await queries(db, admin, channels))) {
      figures.set(name, await timed(requests, () => admin.request('GET', `${PATH}${query}`)))
      log(`${name} ${ms(figures.get(name)?.p95 ?? 0)}`)
    }
    return figures
  } finally {
    await db.connection.close()
    await program.kill()
  }
}

/** What is looked for is that of a channel in the middle of those that were loaded. */
async function queries(db: Db, admin: User, channels: number): Promise<Record<string, string>> {
  const half = Math.floor(channels / 2)
  const sought = await db.channels.findOne().sort({ _id: 1 }).skip(half).orFail().lean()
  const owner = await db.connection.collection('user').findOne({ email: /^zed/ })
  const handle = sought.handle ?? ''
  const lastWeek = new Date(Date.now() - WEEK_MS).toISOString()
  let cursor = ''
  for (let page = 0; page < DEEP_PAGES; page++) {
    const { nextCursor } = await admin.request<ConnectionPage>('GET', `${PATH}?limit=100${cursor}`)
    if (nextCursor) cursor = `&cursor=${nextCursor}`
  }
  return {
    'first page': '',
    [FAILURES]: '?status=action_required,failed,retrying',
    connected: '?status=connected',
    'an outcome': '?outcome=bad_credentials',
    'a rare outcome': '?outcome=unknown',
    'who can fix it': '?fixBy=user',
    'the largest server': '?server=bsky.social',
    'a small server': '?server=pds20.example.com',
    'asks for help': '?asked=true',
    'not seen': '?unseen=true',
    'last week': `?from=${lastWeek}`,
    'one user': `?user=${sought.userId}`,
    'oldest first': '?sort=since',
    'newest first': '?sort=-since',
    'by server': '?sort=server',
    'by outcome': '?sort=outcome',
    'by outcome, a small server': '?sort=outcome&server=pds20.example.com',
    'an outcome at the largest server': '?outcome=session_expired&server=bsky.social',
    'a part of a handle': `?q=${encodeURIComponent(handle.slice(2, 10))}`,
    'a part that some have': `?q=${encodeURIComponent(handle.slice(4, 8))}`,
    // Of a million some six thousand: too many to look at each, too few to meet soon.
    'a part that many have': '?q=marne',
    'three letters': `?q=${encodeURIComponent(handle.slice(1, 4))}`,
    'the shared ending': '?q=sky.soc',
    'an e-mail': `?q=${encodeURIComponent(String(owner?.['email']).slice(0, 12))}`,
    'a DID': `?q=${encodeURIComponent(sought.did ?? '')}`,
    'a profile link': `?q=${encodeURIComponent(`https://bsky.app/profile/${handle}`)}`,
    'a channel id': `?q=${sought._id.toHexString()}`,
    'a reference': `?q=${sought.requestId}`,
    'what nobody has': '?q=qqqqqq',
    [`page ${DEEP_PAGES + 1} of 100 rows`]: `?limit=100${cursor}`,
    summary: '/summary',
    'counts of all': '/counts',
    'counts of an outcome at a server': '/counts?outcome=bad_credentials&server=bsky.social',
    'counts of a text': `/counts?q=${encodeURIComponent(handle.slice(1, 4))}`,
    'counts of what can run again': '/retry',
    'counts of a user': `/counts?user=${sought.userId}`,
  }
}

async function timed(requests: number, ask: () => Promise<unknown>): Promise<Figures> {
  const times: number[] = []
  for (let n = 0; n < requests + 3; n++) {
    const startedAt = performance.now()
    await ask()
    // The first ones plan and connect.
    if (n >= 3) times.push(performance.now() - startedAt)
  }
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95) }
}

await main(Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? 40))
