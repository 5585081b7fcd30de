// Mails to be sent: ordered with the decision that they tell of, and held by a lease until they are sent or given up.
import { Schema } from 'mongoose'
import type { MailKind, MailParams } from '../mail/kinds.ts'
import { isDuplicateKey } from './duplicate-key.ts'
import { claiming, ending, leaseSchema, newLease, sweepIndex, type Lease } from './lease.ts'
import type { Db } from './open.ts'

export interface MailOrder<K extends MailKind = MailKind> {
  /** made from the decision: ordered twice, it is one mail. Letters, digits, - and _. The Message-ID is made from it */
  id: string
  kind: K
  /** whoever gets it; address and language are looked up when it is sent */
  userId: string
  params: MailParams[K]
  /** where it goes to another address than the account's */
  to?: string
  /** a link that opens something, sealed for this mail (purpose `link`) */
  link?: string
  /** after that nobody needs it; two days where it is not said, which is the most */
  validUntil?: Date
  /** of the request or job that set it off */
  requestId: string
}

/** How it ended: taken by the mail server, refused by it for good, too late, or there is nobody to send it to. */
export type MailEnd = 'sent' | 'refused' | 'given_up' | 'no_recipient'

export interface MailDoc {
  _id: string
  kind: MailKind
  userId: string
  params: MailParams[MailKind]
  to?: string
  link?: string
  requestId: string
  createdAt: Date
  validUntil: Date
  /** nobody takes it before: until the end of a claim, or the next try */
  notBefore: Date
  endedAt?: Date
  end?: MailEnd
  removeAt: Date
  /** for the lease */
  step: 'mail'
  lease: Lease
}

const MOST_VALID_MS = 2 * 24 * 3600_000
/** As long as that, a decision that is told again makes no second mail. */
const KEPT_MS = 30 * 24 * 3600_000

export const mailSchema = new Schema<MailDoc>(
  {
    _id: { type: String, required: true, match: /^[\w-]{1,200}$/ },
    kind: { type: String, required: true },
    userId: { type: String, required: true },
    params: { type: Schema.Types.Mixed, required: true },
    to: String,
    link: String,
    // Of what the program does by itself there is none.
    requestId: { type: String, default: '' },
    createdAt: { type: Date, required: true },
    validUntil: { type: Date, required: true },
    notBefore: { type: Date, required: true },
    endedAt: Date,
    end: String,
    removeAt: { type: Date, required: true },
    step: { type: String, required: true },
    lease: { type: leaseSchema, required: true },
  },
  // Without params a mail has an empty object, which would not be stored.
  { versionKey: false, minimize: false },
)
mailSchema.index(sweepIndex)
mailSchema.index({ removeAt: 1 }, { expireAfterSeconds: 0 })
mailSchema.index({ userId: 1 })

const after = (at: Date, ms: number) => new Date(at.getTime() + ms)

/** The sweep sends what nobody enqueues: `sendMail` of src/mail/send.ts does both. @returns false: it was ordered before */
export async function orderMail<K extends MailKind>(db: Db, order: MailOrder<K>, at = new Date()): Promise<boolean> {
  const { id, validUntil, ...rest } = order
  const latest = after(at, MOST_VALID_MS)
  try {
    await db.mails.create({
      _id: id,
      ...rest,
      createdAt: at,
      validUntil: validUntil && validUntil < latest ? validUntil : latest,
      notBefore: at,
      removeAt: after(at, KEPT_MS),
      step: 'mail',
      lease: newLease(at),
    })
    return true
  } catch (error) {
    if (isDuplicateKey(error)) return false
    throw error
  }
}

export const isOrdered = async (db: Db, id: string): Promise<boolean> => (await db.mails.exists({ _id: id })) !== null

/** @param until nobody else takes it before. @returns null: it has ended, is not due, or somebody has it */
export const claimMail = (db: Db, id: string, at: Date, until: Date) => {
  const { $set, $inc } = claiming(until)
  return db.mails
    .findOneAndUpdate(
      { _id: id, endedAt: { $exists: false }, notBefore: { $lte: at } },
      { $set: { ...$set, notBefore: until }, $inc },
      { returnDocument: 'after' },
    )
    .lean<MailDoc>()
}

/** Nobody else has claimed it meanwhile. */
const held = ({ _id, notBefore }: MailDoc) => ({ _id, notBefore, endedAt: { $exists: false } })

/** A passing fault. @returns false when somebody else has claimed it meanwhile */
export async function postponeMail(db: Db, claimed: MailDoc, nextAt: Date): Promise<boolean> {
  const { $set, $inc } = ending(nextAt, true)
  const { matchedCount } = await db.mails.updateOne(held(claimed), { $set: { ...$set, notBefore: nextAt }, $inc })
  return matchedCount === 1
}

/** The link is destroyed with it, and the address. @param keptMs for how long it goes on being known that it was sent. @returns false when somebody else has claimed it meanwhile */
export async function endMail(db: Db, claimed: MailDoc, end: MailEnd, at: Date, keptMs: number): Promise<boolean> {
  const { $set, $unset } = ending(null, false)
  const { matchedCount } = await db.mails.updateOne(held(claimed), {
    $set: { ...$set, end, endedAt: at, removeAt: after(at, keptMs) },
    $unset: { ...$unset, link: 1, to: 1 },
  })
  return matchedCount === 1
}

export async function forgetMails(db: Db, userId: string): Promise<void> {
  await db.mails.deleteMany({ userId })
}
