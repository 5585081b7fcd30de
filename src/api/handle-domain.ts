// What completes a bare name: the first of the domains under which the server that sign-ins go to gives out handles.
import type { ApiContext } from '../app.ts'
import { DEFAULT_SERVICE_URL } from '../config.ts'
import { findServer } from '../db/servers.ts'
import { readOptions } from '../options.ts'

const DEFAULT_DOMAIN = '.bsky.social'

/** @returns null where nobody has looked at the server yet, or where it gives out none */
export async function readHandleDomain(context: Pick<ApiContext, 'db' | 'config'>): Promise<string | null> {
  const serviceUrl = (await readOptions(context))['bluesky_service-url'].effective
  const server = await findServer(context.db, serviceUrl)
  return server?.domains[0] ?? (serviceUrl === DEFAULT_SERVICE_URL ? DEFAULT_DOMAIN : null)
}
