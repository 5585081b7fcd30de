// Second factors as the accounts library keeps them: encrypted secret and recovery codes of a user.
import { Schema, Types } from 'mongoose'
import type { Db } from './open.ts'

export const secondFactorSchema = new Schema({ userId: { type: Schema.Types.ObjectId, required: true } })

export async function forgetSecondFactor(db: Db, userId: string): Promise<void> {
  await db.secondFactors.deleteMany({ userId: new Types.ObjectId(userId) })
}

/** They sign in with their password alone, and can set up another. @returns false where there was none */
export async function resetSecondFactor(db: Db, userId: string): Promise<boolean> {
  const off = { twoFactorEnabled: false, updatedAt: new Date() }
  const { modifiedCount } = await db.connection
    .collection('user')
    .updateOne({ _id: new Types.ObjectId(userId), twoFactorEnabled: true }, { $set: off })
  await forgetSecondFactor(db, userId)
  return modifiedCount === 1
}
