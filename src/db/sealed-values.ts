// Every sealed value that is stored: read page by page, and put in the place of another one that says the same.
import { Types } from 'mongoose'
import type { Purpose } from '../seal.ts'
import type { ChannelDoc } from './channels.ts'
import type { MailDoc } from './mails.ts'
import type { Db } from './open.ts'

/** Collection and field. */
export const sealedPlaces = [
  'channels.secrets.password',
  'channels.secrets.session',
  'channels.secrets.former',
  'mails.link',
] as const
export type SealedPlace = (typeof sealedPlaces)[number]

export interface SealedValue {
  place: SealedPlace
  purpose: Purpose
  /** id of the channel or mail */
  owner: string
  sealed: string
}

const PAGE = 200

/** Each page by its place behind the one before, so that it costs the same however many there are. */
export async function* readSealed(db: Db): AsyncGenerator<SealedValue[]> {
  let channelId: Types.ObjectId | null = null
  for (;;) {
    const after: object = channelId ? { _id: { $gt: channelId } } : {}
    const page: Pick<ChannelDoc, '_id' | 'secrets'>[] = await db.channels
      .find(after, { secrets: 1 })
      .sort({ _id: 1 })
      .limit(PAGE)
      .lean()
    yield page.flatMap(ofChannel)
    channelId = page.at(-1)?._id ?? null
    if (page.length < PAGE) break
  }
  let mailId = ''
  for (;;) {
    const page: Pick<MailDoc, '_id' | 'link'>[] = await db.mails
      .find({ _id: { $gt: mailId } }, { link: 1 })
      .sort({ _id: 1 })
      .limit(PAGE)
      .lean()
    yield page.flatMap(ofMail)
    mailId = page.at(-1)?._id ?? ''
    if (page.length < PAGE) break
  }
}

function ofChannel({ _id, secrets = {} }: Pick<ChannelDoc, '_id' | 'secrets'>): SealedValue[] {
  const owner = _id.toHexString()
  const { password, session, former = [] } = secrets
  const sessionAt = (place: SealedPlace) => (sealed: string) => ({ place, purpose: 'session' as const, owner, sealed })
  return [
    ...(password
      ? [{ place: 'channels.secrets.password' as const, purpose: 'password' as const, owner, sealed: password }]
      : []),
    ...(session ? [session].map(sessionAt('channels.secrets.session')) : []),
    ...former.map(sessionAt('channels.secrets.former')),
  ]
}

const ofMail = ({ _id, link }: Pick<MailDoc, '_id' | 'link'>): SealedValue[] =>
  link ? [{ place: 'mails.link', purpose: 'link', owner: _id, sealed: link }] : []

/**
 * Nobody has the channel in hand: a worker that does goes by the sealed text that it read, for one to keep a renewed session
 * in its place (kept-sessions.ts).
 */
const idle = (at: Date) => ({
  $and: [
    { $or: [{ 'lease.claims': 0 }, { 'lease.sweepAt': null }, { 'lease.sweepAt': { $lte: at } }] },
    { $or: [{ renewalEndsAt: null }, { renewalEndsAt: { $lte: at } }] },
  ],
})

export interface Resealed extends SealedValue {
  anew: string
}

/** What it is with another key. */
export interface Resealed extends SealedValue {
  anew: string
}

/**
 * Each where the value that was read still stands there: what changed meanwhile is newer, and stays. Nobody sees a
 * difference, so the channel's revision stays as well.
 * @returns how many were written; the others are in hand, or changed
 */
export async function replaceSealed(db: Db, values: Resealed[], at: Date): Promise<number> {
  const writes = (values: Resealed[], write: (value: Resealed) => { filter: object; update: object }) =>
    values.map((value) => ({ updateOne: write(value) }))
  const { ofMails = [], ofChannels = [] } = Object.groupBy(values, ({ place }) =>
    place === 'mails.link' ? 'ofMails' : 'ofChannels',
  )
  const lists: [Pick<Db['channels'], 'collection'>, ReturnType<typeof writes>][] = [
    [db.channels, writes(ofChannels, (value) => inChannel(value, at))],
    [
      db.mails,
      writes(ofMails, ({ owner, sealed, anew }) => ({
        filter: { _id: owner, link: sealed },
        update: { $set: { link: anew } },
      })),
    ],
  ]
  let written = 0
  for (const [{ collection }, list] of lists) {
    if (list.length === 0) continue
    const { modifiedCount } = await collection.bulkWrite(list, { ordered: false })
    written += modifiedCount
  }
  return written
}

function inChannel({ place, owner, sealed, anew }: Resealed, at: Date) {
  const field = place.replace('channels.', '')
  return {
    filter: { _id: new Types.ObjectId(owner), [field]: sealed, ...idle(at) },
    update: { $set: { [place === 'channels.secrets.former' ? `${field}.$` : field]: anew } },
  }
}
