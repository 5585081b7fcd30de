// What is in effect of the options: the saved value, else the environment's, else the default.
import { DEFAULT_SERVICE_URL } from './config.ts'
import type { Context } from './context.ts'
import { IntegrationStatus, type Options } from './contract.ts'
import { findOptions } from './db/options.ts'

export async function readOptions({ db, config }: Pick<Context, 'db' | 'config'>): Promise<Options> {
  const saved = await findOptions(db)
  const savedUrl = saved['bluesky_service-url'] ?? ''
  const savedStatus = IntegrationStatus.safeParse(saved.bluesky_integration_status).data ?? null
  const fallback = config.bluesky.serviceUrl
    ? ({ effective: config.bluesky.serviceUrl, source: 'env' } as const)
    : ({ effective: DEFAULT_SERVICE_URL, source: 'default' } as const)
  return {
    'bluesky_service-url': savedUrl
      ? { saved: savedUrl, effective: savedUrl, source: 'saved' }
      : { saved: '', ...fallback },
    bluesky_integration_status: {
      saved: savedStatus,
      effective: savedStatus ?? 'enabled',
      source: savedStatus ? 'saved' : 'default',
    },
  }
}
