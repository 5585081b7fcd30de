// Runs one fault while connects are posted, and compares what was accepted with what became of it, in the database and at the server.
import { setTimeout as sleep } from 'node:timers/promises'
import { startInstallation, type Installation } from './installation.ts'
import type { Fault } from './list.ts'
import { ends, type Account } from './server.ts'

export interface Result {
  fault: string
  /** connects that were answered with 202 */
  accepted: number
  finished: number
  /** accepted, and no channel */
  lost: number
  /** without an end when the time was up */
  stuck: number
  /** ended as they must not */
  wrong: string[]
  /** of one person's one account more than one channel */
  doubled: number
  /** kept after an end */
  passwords: number
  /** records that anybody could see */
  published: number
  /** sessions that are open at the server and that nobody keeps */
  sessions: number
  /** sessions of whose opening nobody heard, as whoever asked for it was gone */
  unheard: number
  /** sign-ins beyond one for each account */
  extraSignIns: number
  /** sign-ins of the account with the most */
  mostSignIns: number
  /** accounts with more sign-ins than one, one for each that nobody heard of, and two for each kill that may have hit it */
  tooManySignIns: string[]
  /** from the end of the fault to the end of a connect that was under way then, in seconds */
  recovery: { median: number; worst: number }
}

interface Size {
  connects: number
  /** over which they are posted; the fault begins after a third of it */
  postMs: number
  /** within which all have to end after it */
  endMs: number
}

interface Stored {
  userId: string
  identifier: string
  status: string
  outcome: { code: string } | null
  submittedAt: Date
  since: Date
  secrets?: { password?: string; session?: string; former?: string[] }
}

const AT_ONCE = 20
const LOOK_MS = 1_000
const JUDGED = { userId: 1, identifier: 1, status: 1, 'outcome.code': 1, submittedAt: 1, since: 1, secrets: 1 }
const UNENDED = ['connecting', 'verifying', 'retrying']

export async function runFault(fault: Fault, { connects, postMs, endMs }: Size): Promise<Result> {
  const installation = await startInstallation(connects, fault.needs)
  try {
    const posting = postAll(installation, connects, postMs)
    // Whoever awaits it later hears of it.
    posting.catch(() => {})
    await sleep(postMs / 3)
    const end = await fault.begin(installation)
    await Promise.all([sleep(fault.lastsMs), fault.throughout ? posting : undefined])
    await end()
    const overAt = Date.now()
    const accepted = await posting
    await installation.mongoServer?.works()
    const channels = installation.database.collection<Stored>('channels')
    const live = () => channels.find({ live: true }, { projection: JUDGED }).toArray()
    // All of them are read once few are under way: reading them costs as much as working on them.
    const isOver = async () =>
      (await channels.countDocuments({ live: true, status: { $in: UNENDED } })) === 0 &&
      openBeyond(installation.books.accounts, await live()).known === 0
    const until = Date.now() + endMs
    while (Date.now() < until && !(await isOver())) await sleep(LOOK_MS)
    return judge(fault, { accepted, overAt, channels: await live(), accounts: installation.books.accounts })
  } finally {
    installation.stop()
  }
}

/** Each by an account of its own. @returns identifiers of those that were accepted */
async function postAll(installation: Installation, count: number, postMs: number): Promise<string[]> {
  const { users, books, post } = installation
  const accepted: string[] = []
  const startedAt = Date.now()
  const numbers = Array.from({ length: count }, (_, number) => number).values()
  const rest = async () => {
    for (const number of numbers) {
      const account = books.accounts[number]
      if (!account) return
      await sleep(Math.max(0, startedAt + (number / count) * postMs - Date.now()))
      const body = { identifier: account.did, appPassword: 'abcd-efgh-ijkl-mnop' }
      account.isPosted = true
      const answer = await post(users[number % users.length] ?? '', '/api/channels/bluesky', body, `key-${number}`)
      if (answer.status !== 202) throw new Error(`a connect answered ${answer.status} ${JSON.stringify(answer.body)}`)
      account.isPosted = false
      accepted.push(account.did)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, rest))
  return accepted
}

/** Sessions that nobody keeps: a channel that is connected keeps one; of those that were not noted nobody may know. */
function openBeyond(accounts: Account[], channels: Stored[]) {
  const keeps = new Set(channels.flatMap(({ identifier, secrets }) => (secrets?.session ? [identifier] : [])))
  const beyond = { known: 0, unnoted: 0 }
  for (const { did, sessions, unnoted } of accounts) {
    const open = Math.max(0, sessions.size - (keeps.has(did) ? 1 : 0))
    const unknown = Math.min(open, [...sessions.keys()].filter((token) => unnoted.has(token)).length)
    beyond.unnoted += unknown
    beyond.known += open - unknown
  }
  return beyond
}

function judge(
  fault: Fault,
  given: { accepted: string[]; overAt: number; channels: Stored[]; accounts: Account[] },
): Result {
  const { accepted, overAt, channels, accounts } = given
  const byIdentifier = Map.groupBy(channels, ({ identifier }) => identifier)
  const kindOf = new Map(accounts.map(({ did, kind }) => [did, kind]))
  const of = accepted.map((did) => ({ did, all: byIdentifier.get(did) ?? [] }))
  const ended = of.flatMap(({ all }) => all.filter(({ status }) => !UNENDED.includes(status)))
  const wrong = ended.flatMap(({ identifier, status, outcome }) => {
    const kind = kindOf.get(identifier)
    return kind && outcome?.code === ends[kind] ? [] : [`${kind}: ${status} ${outcome?.code}`]
  })
  const late = ended.filter(({ submittedAt, since }) => submittedAt.getTime() <= overAt && since.getTime() > overAt)
  const sorted = late.map(({ since }) => (since.getTime() - overAt) / 1000).toSorted((a, b) => a - b)
  const beyond = openBeyond(accounts, channels)
  return {
    fault: fault.name,
    accepted: accepted.length,
    finished: ended.length,
    lost: of.filter(({ all }) => all.length === 0).length,
    stuck: channels.filter(({ status }) => UNENDED.includes(status)).length,
    wrong,
    doubled: channels.length - byIdentifier.size,
    passwords: ended.filter(({ secrets }) => secrets?.password).length,
    published: accounts.reduce((sum, { published }) => sum + published, 0),
    sessions: beyond.known,
    unheard: accounts.reduce((sum, { unheard }) => sum + unheard, beyond.unnoted),
    extraSignIns: accounts.reduce((sum, { signIns }) => sum + Math.max(0, signIns - 1), 0),
    mostSignIns: Math.max(...accounts.map(({ signIns }) => signIns)),
    tooManySignIns: accounts
      .filter(({ signIns, unheard, hits }) => signIns > 1 + unheard + 2 * hits)
      .map(({ kind, signIns, unheard, hits }) => `${kind}: ${signIns} sign-ins, ${unheard} unheard, ${hits} kills`),
    recovery: { median: sorted[Math.floor(sorted.length / 2)] ?? 0, worst: sorted.at(-1) ?? 0 },
  }
}
