// A plugin of better-auth: when somebody was here last, as far as their sessions tell, which are renewed once a day.
import type { BetterAuthPlugin } from 'better-auth'
import type { Db } from '../db/open.ts'
import { noteSeen } from '../db/people.ts'

export function lastSeenPlugin(db: Db) {
  const after = ({ userId }: { userId: string }) => noteSeen(db, userId, new Date())
  return {
    id: 'last-seen',
    init: () => ({ options: { databaseHooks: { session: { create: { after }, update: { after } } } } }),
  } satisfies BetterAuthPlugin
}
