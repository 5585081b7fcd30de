// Second factors as the accounts library keeps them: encrypted secret and recovery codes of a user.
import { Schema, Types } from 'mongoose'
import type { Db } from './open.ts'

export const secondFactorSchema = new Schema({ userId: { type: Schema.Types.ObjectId, required: true } })

export async function forgetSecondFactor(db: Db, userId: string): Promise<void> {
  await db.secondFactors.deleteMany({ userId: new Types.ObjectId(userId) })
}
