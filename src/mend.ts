// What mends an incident: chosen from what came just before it and from what its failed connects have in common.
import type { Options } from './contract.ts'
import { DEFAULT_SERVICE_URL } from './config.ts'
import { listAudit, listOrders } from './db/audit.ts'
import type { Db } from './db/open.ts'
import { optionKeys, type OptionKey } from './db/options.ts'
import { followOrder } from './db/retries.ts'
import type { IncidentDoc } from './db/incidents.ts'
import { outcomes } from './outcomes/catalogue.ts'
import { mendedBy, waitsForServer } from './outcomes/rules.ts'

type Saving = { kind: 'undo_change' | 'use_server' | 'allow_other_servers'; option: OptionKey; value: string }
export type Mend = Saving | { kind: 'wait' | 'check_settings' | 'try_again' | 'none'; option: null; value: null }

/** Fewer are no sign that people here come from there. */
const MANY_PEOPLE = 10
const NEARLY_ALL = 0.9
/** of the Service URL that are looked through */
const CHANGES = 50

const said = (kind: Exclude<Mend['kind'], Saving['kind']>): Mend => ({ kind, option: null, value: null })

type Known = Pick<IncidentDoc, 'server' | 'code' | 'common' | 'change'>

/**
 * Where accounts live is what strangers' identities say, and whoever signs up often is many people. So the server that all app
 * passwords would go to is never taken from them alone: it is the public one, or somebody here has set it before.
 */
export async function listTrusted(db: Db, options: Options): Promise<Set<string>> {
  const changes = await listAudit(db, CHANGES, undefined, ['bluesky_service-url'])
  const url = options['bluesky_service-url']
  return new Set([DEFAULT_SERVICE_URL, url.unsaved, ...changes.flatMap(({ from, to }) => [from, to])])
}

/**
 * What the admin did is undone before anything else is proposed.
 * @param trusted of `listTrusted`
 * @param isBack the server answers again
 */
export function chooseMend(incident: Known, options: Options, trusted: Set<string>, isBack = false): Mend {
  const { code } = incident
  const directed = directing(incident, options, trusted)
  if (directed) return directed
  const { fixBy, mendedBy: option } = outcomes[code]
  // Nothing is sent before the time that a server named.
  if (fixBy === 'time') return said(isBack && !waitsForServer(code) ? 'try_again' : 'wait')
  if (fixBy === 'us') return said('try_again')
  if (fixBy === 'admin' && option && goesThere(incident, options)) return said('check_settings')
  return said('none')
}

/** Whether sign-ins still go to the server where it happens. */
const goesThere = ({ server }: Known, options: Options) =>
  options['bluesky_service-url'].effective === server || options.bluesky_other_servers.effective === 'follow'

function directing(incident: Known, options: Options, trusted: Set<string>): Saving | null {
  const undone = undoing(incident, options)
  if (undone) return undone
  const { code, server, common } = incident
  if (code !== 'wrong_server' || options['bluesky_service-url'].effective !== server) return null
  const home = common.actualServer
  const isShared = home && home.count >= NEARLY_ALL * common.sampled && home.people >= MANY_PEOPLE
  if (isShared && trusted.has(home.value)) {
    return { kind: 'use_server', option: 'bluesky_service-url', value: home.value }
  }
  if (options.bluesky_other_servers.effective === 'follow') return null
  return { kind: 'allow_other_servers', option: 'bluesky_other_servers', value: 'follow' }
}

/** As the options API takes it: the audit list says `default` where nothing was set. */
const asSaved = (value: string) => (value === 'default' ? '' : value)

/** @returns null where the change explains nothing, or somebody has set something else since */
function undoing({ change, code, server }: Known, options: Options): Saving | null {
  const key = optionKeys.find((each) => each === change?.option)
  if (!change || !key || !mendedBy(key).includes(code)) return null
  const saved = options[key].saved ?? ''
  const isStill = change.actor === 'environment' ? saved === '' : saved === asSaved(change.to)
  const value = asSaved(change.from)
  if (!isStill || value === saved) return null
  const url = options['bluesky_service-url']
  if (key === 'bluesky_service-url' && (value || url.unsaved) === server) return null
  return { kind: 'undo_change', option: key, value }
}

const ORDERS = 20

/** How those went that ran again since the incident was found. @returns null where nobody has done anything */
export async function followMend(
  db: Db,
  { foundAt, code }: Pick<IncidentDoc, 'foundAt' | 'code'>,
  at: Date,
): Promise<IncidentDoc['course']> {
  const orders = await listOrders(db, [...optionKeys, 'retry'], foundAt, at, ORDERS)
  const order = orders.find(
    (each) =>
      each.at >= foundAt &&
      each.retried > 0 &&
      (each.option !== 'retry' || new URLSearchParams(each.from).get('outcome') === code),
  )
  return order ? { ...(await followOrder(db, order)), actor: order.actor, at: order.at } : null
}
