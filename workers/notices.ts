// Tells users by mail of channels that broke, and of those that got well by themselves: turns notices into mails.
import type { Context } from '../src/context.ts'
import { isOrdered } from '../src/db/mails.ts'
import {
  clearNotices,
  dropNotices,
  findNoted,
  holds,
  isNews,
  listNoted,
  listNotices,
  postponeNotices,
  type Noted,
} from '../src/db/notices.ts'
import {
  beginTelling,
  endTelling,
  findSubscription,
  listTelling,
  mayTellAt,
  noticeKinds,
  openSubscription,
  type NoticeKind,
  type SubscriptionDoc,
  type Telling,
} from '../src/db/subscriptions.ts'
import { findRecipient } from '../src/db/users.ts'
import { toldOf } from '../src/mail/notices.ts'
import { sendMail } from '../src/mail/send.ts'
import { unsubscribeUrl } from '../src/unsubscribe.ts'

const USERS = 200
const AT_ONCE = 20
/** What breaks together is told together, and what gets well at once is not told at all. */
export const GATHER_MS = 30_000
/** Who began to tell that long ago and has not ended is dead. */
export const RESUME_MS = 60_000
/** A step of the channel is under way: it is told when that is over. */
const BUSY_MS = 60_000
/** Channels in one mail; the rest has to wait for the next. */
const MOST = 1_000

type Needs = Pick<Context, 'config' | 'db' | 'queues' | 'log' | 'stores' | 'seal'>

/** @returns how many mails were ordered */
export async function tellOnce(context: Needs, at = new Date()): Promise<number> {
  const { db, config, log, stores } = context
  let ordered = 0
  /** What breaks off for one user holds up no other. */
  const tellEach = async (users: string[], tell: (userId: string) => Promise<boolean>) => {
    for (let start = 0; start < users.length; start += AT_ONCE) {
      const told = users.slice(start, start + AT_ONCE).map((userId) =>
        tell(userId).catch((error: unknown) => {
          stores.report(error, 'a mail about channels broke off', { userId })
          return false
        }),
      )
      ordered += (await Promise.all(told)).filter(Boolean).length
    }
  }
  if (config.mail)
    await tellEach(await listTelling(db, before(at, RESUME_MS), USERS), (userId) => resume(context, userId))
  const noted = await listNoted(db, before(at, GATHER_MS), USERS)
  await tellEach(noted, (userId) => (config.mail ? tellUser(context, userId, at) : drop(context, userId)))
  if (ordered > 0) log.info({ mails: ordered }, 'mails about channels')
  return ordered
}

const before = (at: Date, ms: number) => new Date(at.getTime() - ms)

async function drop({ db }: Needs, userId: string): Promise<false> {
  await dropNotices(db, userId)
  return false
}

async function resume(context: Needs, userId: string): Promise<boolean> {
  const subscription = await findSubscription(context.db, userId)
  return subscription?.telling ? finish(context, subscription, subscription.telling) : false
}

async function tellUser(context: Needs, userId: string, at: Date): Promise<boolean> {
  const { db } = context
  const recipient = await findRecipient(db, userId)
  const subscription = recipient?.emailVerified ? await openSubscription(db, userId) : null
  if (!subscription || subscription.off.includes('channels')) return drop(context, userId)
  const noted = await listNotices(db, userId, MOST)
  const idsOf = (channels: Noted[]) => channels.map(({ _id }) => _id)
  const news = noted.filter(isNews)
  const standing = news.filter(holds)
  const busy = news.filter((channel) => !holds(channel))
  await clearNotices(db, { broken: [], well: idsOf(noted.filter((channel) => !isNews(channel))) }, at)
  await postponeNotices(db, idsOf(busy), new Date(at.getTime() + BUSY_MS))
  const ofKind = (kind: NoticeKind) => standing.filter(({ notice }) => notice.kind === kind)
  // A mail about a breakage says what got well too; one that something got well does not go before its time.
  const dueBy = noticeKinds.find((kind) => ofKind(kind).length > 0 && mayTellAt(subscription, kind) <= at)
  const included = (kind: NoticeKind) => dueBy === kind || (dueBy === 'broken' && kind === 'well')
  for (const kind of noticeKinds) {
    if (!included(kind)) await postponeNotices(db, idsOf(ofKind(kind)), mayTellAt(subscription, kind))
  }
  if (!dueBy) return false
  const about = (kind: NoticeKind) => (included(kind) ? idsOf(ofKind(kind)) : [])
  const telling = { at, broken: about('broken'), well: about('well') }
  return (await beginTelling(db, userId, telling, dueBy)) && finish(context, subscription, telling)
}

/** Also for one that another process began: as often as it runs, it is one mail. @returns whether this ordered it */
async function finish(
  context: Needs,
  { _id: userId, key }: Pick<SubscriptionDoc, '_id' | 'key'>,
  telling: Telling,
): Promise<boolean> {
  const { db, config } = context
  const { at } = telling
  const found = await findNoted(db, [...telling.broken, ...telling.well])
  const noted = found.filter((channel) => isNews(channel) && holds(channel))
  const of = (kind: NoticeKind) => noted.filter(({ notice }) => notice.kind === kind)
  const ids = (kind: NoticeKind) => of(kind).map(({ _id }) => _id)
  const id = `channels-${userId}-${at.getTime()}`
  const ordered =
    noted.length > 0 &&
    (await sendMail(context, {
      id,
      kind: 'channels',
      userId,
      params: toldOf(of('broken'), of('well'), at),
      link: unsubscribeUrl(config, { userId, key, topic: 'channels' }),
      requestId: 'sweep',
    }))
  const isTold = ordered || (await isOrdered(db, id))
  // One that was ordered before said all that was meant then.
  if (isTold) await clearNotices(db, ordered ? { broken: ids('broken'), well: ids('well') } : telling, at)
  await endTelling(db, userId, telling, isTold)
  return ordered
}
