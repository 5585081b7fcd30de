// A plugin of better-auth: a user who is about to be removed is marked.
import type { BetterAuthPlugin, GenericEndpointContext } from 'better-auth'
import type { Db } from '../db/open.ts'
import { markRemoved } from '../db/removed-users.ts'
import { requestIdOf } from './audit.ts'

type Endpoint = GenericEndpointContext | null

/** Comes after whatever may refuse a removal: what is marked goes. */
export function removalPlugin(db: Db) {
  const mark = (userId: string, endpoint: Endpoint) =>
    markRemoved(db, [userId], requestIdOf(endpoint?.headers), new Date())
  // The library takes sessions and password away before the user: the mark is there before the first of them goes.
  const ofUser = {
    delete: {
      before: async ({ userId }: { userId: string }, endpoint: Endpoint) => {
        if (endpoint?.path === '/admin/remove-user' || endpoint?.path === '/delete-user') await mark(userId, endpoint)
      },
    },
  }
  return {
    id: 'removal',
    init: () => ({
      options: {
        databaseHooks: {
          session: ofUser,
          account: ofUser,
          user: { delete: { before: ({ id }: { id: string }, endpoint: Endpoint) => mark(id, endpoint) } },
        },
      },
    }),
  } satisfies BetterAuthPlugin
}
