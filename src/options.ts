// What is in effect of the options (saved, else environment, else default), and what a change of them sets going again.
import { mendedBy } from './outcomes/rules.ts'
import { DEFAULT_SERVICE_URL } from './config.ts'
import type { Context } from './context.ts'
import { IntegrationStatus, OtherServers, type Options } from './contract.ts'
import {
  environmentKeys,
  findOptions,
  noteOption,
  optionKeys,
  saveOption,
  type OptionKey,
  type StoredKey,
} from './db/options.ts'
import { countRetriable, orderRetry, type RetryFilter } from './db/retries.ts'
import { wantLook } from './db/servers.ts'
import { announceLook } from './events.ts'

type Stores = Pick<Context, 'db' | 'config'>

/** Stands for a value that was not given, where an empty one would mean that nothing was ever noted. */
const UNSET = 'default'

export async function readOptions({ db, config }: Stores): Promise<Options> {
  return inEffect(await findOptions(db), config)
}

function inEffect(saved: Partial<Record<StoredKey, string>>, config: Stores['config']): Options {
  const savedUrl = saved['bluesky_service-url'] ?? ''
  const savedStatus = IntegrationStatus.safeParse(saved.bluesky_integration_status).data ?? null
  // The API was started last: a worker that was not started anew with it goes by the same value.
  const effective = saved[environmentKeys['bluesky_service-url']] || config.bluesky.serviceUrl || DEFAULT_SERVICE_URL
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
    bluesky_other_servers: otherServers(
      saved.bluesky_other_servers,
      saved[environmentKeys.bluesky_other_servers] ?? config.bluesky.otherServers,
      savedUrl || effective,
    ),
  }
}

/** Whoever names a server of their own means that one; where nobody does, people come from everywhere. */
function otherServers(ofAdmin: unknown, ofEnvironment: unknown, serviceUrl: string): Options['bluesky_other_servers'] {
  const saved = OtherServers.safeParse(ofAdmin).data ?? null
  const said = OtherServers.safeParse(ofEnvironment).data
  const unsaved = said ?? (serviceUrl === DEFAULT_SERVICE_URL ? 'follow' : 'refuse')
  if (saved) return { saved, effective: saved, source: 'saved', unsaved }
  return { saved, effective: unsaved, source: said ? 'env' : 'default', unsaved }
}

/** Whether sign-ins go to the server that each account names. */
export const followsAccounts = (options: Options): boolean => options.bluesky_other_servers.effective === 'follow'

/** Whether what is in effect is the same. */
export const haveSameEffect = (one: Options, other: Options): boolean =>
  optionKeys.every((key) => one[key].effective === other[key].effective)

/** Who changes options. */
interface By {
  /** e-mail of who did it, or "environment" */
  actor: string
  requestId: string
}

/** What a change sets going. */
export interface Rerun {
  /** how many channels run again */
  retried: number
  /** how many the old value broke as well, but their accounts live elsewhere: nothing is sent, they wait for their owners */
  waiting: number
}
const nothing: Rerun = { retried: 0, waiting: 0 }

/** The channels that the old value of an option may have broken and the new one may mend. @returns null for none */
function brokenBefore(key: OptionKey, options: Options, asOf: Date): RetryFilter | null {
  const mendsNothing = ['disabled', 'refuse'].includes(options[key].effective)
  if (mendsNothing) return null
  return { codes: mendedBy(key), statuses: ['action_required', 'retrying'], asOf, signInsAlone: true }
}

interface Change {
  key: OptionKey
  from: string
  to: string
  /** it may mend what the old value broke */
  mends: boolean
}

/** Of those that the old value broke, the ones that run again. @returns null for none */
function mended(key: OptionKey, options: Options, asOf: Date) {
  const broken = brokenBefore(key, options, asOf)
  const goesToOne = key === 'bluesky_service-url' && !followsAccounts(options)
  return broken && { broken, again: goesToOne ? { ...broken, livesAt: options[key].effective } : broken }
}

/** What would run again if that were saved. */
export async function foreseeChange({ db, config }: Stores, key: OptionKey, value: string): Promise<number> {
  const filters = mended(key, inEffect({ ...(await findOptions(db)), [key]: value }, config), new Date())
  return filters ? countRetriable(db, filters.again) : 0
}

/** Notes a change in the audit list, and that what the old value broke is to run again. */
async function noteChange({ db }: Stores, { key, from, to, mends }: Change, by: By, options: Options): Promise<Rerun> {
  const at = new Date()
  const shown = (value: string) => value || (key === 'bluesky_other_servers' ? UNSET : '')
  const entry = { at, ...by, action: 'option_changed' as const, option: key, from: shown(from), to: shown(to) }
  const filters = mends ? mended(key, options, at) : null
  if (!filters || filters.again === filters.broken) {
    return { ...nothing, retried: await orderRetry(db, entry, filters && filters.again) }
  }
  const all = await countRetriable(db, filters.broken)
  const retried = await orderRetry(db, entry, filters.again)
  return { retried, waiting: Math.max(0, all - retried) }
}

/** A value to be stored, and the option of which it tells. */
interface Value {
  key: OptionKey
  storedAs: StoredKey
  to: string
}

/** Stores values, then notes those that changed something. */
async function store(context: Stores, values: Value[], by: By): Promise<Rerun> {
  const { db } = context
  const before = await readOptions(context)
  const stored: (Value & { from: string; unnoted: boolean })[] = []
  for (const value of values) {
    const { value: from, unnoted = false } = await saveOption(db, value.storedAs, value.to)
    stored.push({ ...value, from, unnoted })
  }
  const after = await readOptions(context)
  const whole = { ...nothing }
  // Both may say in one go where sign-ins go: what that sets going is counted, and begun, once.
  let directed = false
  for (const { key, storedAs, from, to, unnoted } of stored) {
    const took = before[key].effective !== after[key].effective
    const isAdmins = storedAs === key
    // What was never set and is now set to what is in effect anyway is no change that anybody wants to read about.
    const isKnown = from !== '' || (isAdmins && (took || unnoted))
    if (isKnown && (unnoted || from !== to)) {
      const directs = key !== 'bluesky_integration_status'
      const shadowed = !isAdmins && after[key].source === 'saved'
      const mends: boolean = (took || unnoted) && !shadowed && !(directs && directed)
      const rerun = await noteChange(context, { key, from, to, mends }, by, after)
      whole.retried += rerun.retried
      whole.waiting += rerun.waiting
      directed ||= directs && mends
    }
    await noteOption(db, storedAs)
  }
  return whole
}

/** Saves what an admin set. */
export const changeOptions = (context: Stores, values: Record<OptionKey, string>, by: By): Promise<Rerun> =>
  store(
    context,
    optionKeys.map((key) => ({ key, storedAs: key, to: values[key] })),
    by,
  )

/** A start with another environment is a change too; of several processes that start, one notices. */
export async function noticeEnvironment(context: Stores, requestId: string): Promise<Rerun> {
  const { serviceUrl, otherServers } = context.config.bluesky
  const said = {
    'bluesky_service-url': serviceUrl ?? DEFAULT_SERVICE_URL,
    bluesky_other_servers: otherServers ?? UNSET,
  } as const
  const keys = ['bluesky_service-url', 'bluesky_other_servers'] as const
  const values = keys.map((key) => ({ key, storedAs: environmentKeys[key], to: said[key] }))
  return store(context, values, { actor: 'environment', requestId })
}

/** Has a worker look at the server of the Service URL at once. */
export async function orderLook(context: Pick<Context, 'db' | 'config' | 'redis' | 'stores'>): Promise<void> {
  const { effective } = (await readOptions(context))['bluesky_service-url']
  await wantLook(context.db, effective)
  await announceLook(context)
}
