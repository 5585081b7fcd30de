// What is done to a channel of one's own, alone or as one of many.
import type { ApiContext } from '../app.ts'
import { isInStep, submitDisconnect, submitVerify, type Channel, type Removing } from '../db/channels.ts'
import { findOwnChannel } from '../db/own-channels.ts'
import { AppError } from '../errors.ts'
import { startStep } from '../jobs.ts'
import { outcomes } from '../outcomes/catalogue.ts'
import { checkedId, enabledServiceUrl, type User } from './guards.ts'
import type { Quotas } from './quotas.ts'

export const noChannel = () => new AppError('channel_not_found', 'There is no such channel.')

/** @throws AppError channel_not_found */
export async function ownChannel({ db }: ApiContext, user: User, id: unknown): Promise<Channel> {
  const channel = await findOwnChannel(db, checkedId(id), user.id)
  if (!channel) throw noChannel()
  return channel
}

/** @throws AppError integration_disabled */
export const serviceUrlFor = (context: ApiContext) =>
  enabledServiceUrl(context, outcomes.integration_disabled.cause, { fix: 'Try again when they are switched on.' })

/** @returns the channel as it is then; one that is under way is left alone. @throws AppError */
export async function verifyChannel(
  context: ApiContext,
  quotas: Quotas,
  { user, id, requestId }: { user: User; id: unknown; requestId: string },
): Promise<Channel> {
  const channel = await ownChannel(context, user, id)
  if (isInStep(channel)) return channel
  await serviceUrlFor(context)
  const started = await quotas.whileStarting(user.id, () => submitVerify(context.db, channel, requestId, new Date()))
  if (!started)
    throw new AppError('channel_not_connected', 'This channel has no session: connect it with an app password.')
  await startStep(context, started)
  return started
}

/** @throws AppError channel_not_found */
export async function removeChannel(
  context: ApiContext,
  { user, id, requestId }: { user: User; id: unknown; requestId: string },
  appPassword?: Removing['appPassword'],
): Promise<void> {
  const of = { id: checkedId(id), userId: user.id }
  const removed = await submitDisconnect(context.db, of, requestId, new Date(), appPassword)
  if (!removed) throw noChannel()
  await startStep(context, removed)
}
