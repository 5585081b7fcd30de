// What is in effect of the options (saved, else environment, else default), and what a change of them sets going again.
import { mendedBy } from './outcomes/rules.ts'
import { DEFAULT_SERVICE_URL } from './config.ts'
import type { Context } from './context.ts'
import { IntegrationStatus, type ChannelStatus, type Options } from './contract.ts'
import { ENVIRONMENT_KEY, findOptions, noteOption, optionKeys, saveOption, type OptionKey } from './db/options.ts'
import { countRetriable, orderRetry } from './db/retries.ts'
import { wantLook } from './db/servers.ts'
import { announceLook } from './events.ts'

export async function readOptions({ db, config }: Pick<Context, 'db' | 'config'>): Promise<Options> {
  const saved = await findOptions(db)
  const savedUrl = saved['bluesky_service-url'] ?? ''
  const savedStatus = IntegrationStatus.safeParse(saved.bluesky_integration_status).data ?? null
  // The API was started last: a worker that was not started anew with it goes by the same value.
  const effective = saved[ENVIRONMENT_KEY] || config.bluesky.serviceUrl || DEFAULT_SERVICE_URL
  const isDefault = effective === DEFAULT_SERVICE_URL && !config.bluesky.serviceUrl
  const fallback = { effective, source: isDefault ? ('default' as const) : ('env' as const) }
  return {
    'bluesky_service-url': savedUrl
      ? { saved: savedUrl, effective: savedUrl, source: 'saved', unsaved: effective }
      : { saved: '', ...fallback, unsaved: effective },
    bluesky_integration_status: {
      saved: savedStatus,
      effective: savedStatus ?? 'enabled',
      source: savedStatus ? 'saved' : 'default',
    },
  }
}

/** Whether what is in effect is the same. */
export const haveSameEffect = (one: Options, other: Options): boolean =>
  optionKeys.every((key) => one[key].effective === other[key].effective)

interface Change {
  key: OptionKey
  from: string
  to: string
  /** e-mail of who did it, or "environment" */
  actor: string
  requestId: string
}

type Stores = Pick<Context, 'db' | 'config'>

/** What a change sets going. */
export interface Rerun {
  /** how many channels run again */
  retried: number
  /** how many the old value broke as well, but their accounts live elsewhere: nothing is sent, they wait for their owners */
  waiting: number
}
const nothing: Rerun = { retried: 0, waiting: 0 }

/** Notes a change in the audit list, and that what the old value broke is to run again. */
async function noteChange(context: Stores, { key, from, to, actor, requestId }: Change, took: boolean): Promise<Rerun> {
  const { db } = context
  const at = new Date()
  const mends = took && to !== 'disabled'
  const statuses: ChannelStatus[] = ['action_required', 'retrying']
  const broken = mends ? { codes: mendedBy(key), statuses, asOf: at, signInsAlone: true as const } : null
  const entry = { at, actor, action: 'option_changed' as const, option: key, from, to, requestId }
  if (!broken || key !== 'bluesky_service-url') return { ...nothing, retried: await orderRetry(db, entry, broken) }
  const all = await countRetriable(db, broken)
  const livesAt = (await readOptions(context))[key].effective
  const retried = await orderRetry(db, entry, { ...broken, livesAt })
  return { retried, waiting: Math.max(0, all - retried) }
}

/** Saves one option. */
export async function changeOption(context: Stores, change: Omit<Change, 'from'>): Promise<Rerun> {
  const { key, to } = change
  const before = await readOptions(context)
  const { value: from, unnoted = false } = await saveOption(context.db, key, to)
  const after = await readOptions(context)
  const took = before[key].effective !== after[key].effective
  // What was never set and is now set to what is in effect anyway is no change that anybody wants to read about.
  const isChange = unnoted || (from !== to && (from !== '' || took))
  const rerun = isChange ? await noteChange(context, { ...change, from }, took || unnoted) : nothing
  await noteOption(context.db, key)
  return rerun
}

/** A start with another BLUESKY_SERVICE_URL is a change too; of several processes that start, one notices. */
export async function noticeEnvironment(context: Stores, requestId: string): Promise<Rerun> {
  const to = context.config.bluesky.serviceUrl ?? DEFAULT_SERVICE_URL
  const { value: from, unnoted = false } = await saveOption(context.db, ENVIRONMENT_KEY, to)
  const { source } = (await readOptions(context))['bluesky_service-url']
  const key = 'bluesky_service-url' as const
  const isChange = from !== '' && (unnoted || from !== to)
  const change = { key, from, to, actor: 'environment', requestId }
  const rerun = isChange ? await noteChange(context, change, source !== 'saved') : nothing
  await noteOption(context.db, ENVIRONMENT_KEY)
  return rerun
}

/** Has a worker look at the server of the Service URL at once. */
export async function orderLook(context: Pick<Context, 'db' | 'config' | 'redis' | 'log'>): Promise<void> {
  const { effective } = (await readOptions(context))['bluesky_service-url']
  await wantLook(context.db, effective)
  await announceLook(context)
}
