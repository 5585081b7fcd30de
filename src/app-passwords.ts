// The app passwords of an account as its server told them: in Redis for ten minutes, for whoever is about to remove the channel.
import { createHash } from 'node:crypto'
import type { AppPassword } from './bluesky/app-passwords.ts'
import type { Context } from './context.ts'
import type { AppPasswords } from './contract.ts'
import { withDeadline } from './deadline.ts'

type Store = Pick<Context, 'redis' | 'config'>

export interface KnownAppPasswords {
  state: AppPasswords['state']
  appPasswords: AppPassword[]
}

const KNOWN_SECONDS = 600
/** By then the job has ended or is lost, and may be asked for again. */
const ASKING_SECONDS = 60
const REDIS_MS = 500

const keyOf = ({ config }: Store, channelId: string) => `${config.redis.prefix}:app-passwords:${channelId}`

export async function recallAppPasswords(context: Store, channelId: string): Promise<KnownAppPasswords> {
  const known = await withDeadline(context.redis.get(keyOf(context, channelId)), REDIS_MS).catch(() => null)
  return known ? (JSON.parse(known) as KnownAppPasswords) : { state: 'unasked', appPasswords: [] }
}

/** Never throws: without Redis nothing is known, and whoever waits hears no answer. */
export async function rememberAppPasswords(context: Store, channelId: string, known: KnownAppPasswords): Promise<void> {
  const seconds = known.state === 'asking' ? ASKING_SECONDS : KNOWN_SECONDS
  const kept = context.redis.set(keyOf(context, channelId), JSON.stringify(known), 'EX', seconds)
  await withDeadline(kept, REDIS_MS).catch(() => {})
}

/** Names it to the API without repeating what the server said. */
export const idOf = ({ name, createdAt }: Pick<AppPassword, 'name' | 'createdAt'>) =>
  createHash('sha256')
    .update(JSON.stringify([name, createdAt]))
    .digest('base64url')
    .slice(0, 22)
