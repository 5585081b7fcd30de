// The way out: names, the servers that are asked, and this machine's clock against theirs.
import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { failed, ok, warning, type Verdict } from '../../src/examination.ts'
import { toHttpFault } from '../../src/http/fault.ts'
import type { Patient, Plan } from './examine.ts'
import { readInEffect } from './service-url.ts'

const NAMES_MS = 4_000
/** A handle whose record is public and stays; that there is none would be an answer too. */
const KNOWN_RECORD = '_atproto.bsky.app'
/** Authenticator apps show a new code every thirty seconds. */
const SKEW_FAILED_MS = 30_000
const SKEW_WARNING_MS = 5_000

interface Probe {
  origin: string
  /** absent: there was none */
  status?: number
  tookMs: number
  /** how far this machine is ahead of the server */
  aheadMs?: number
  /** why there was no answer */
  fault?: string
}

export function examineNetwork(patient: Patient): Plan[] {
  const { plcDirectoryUrl, appviewUrl, handleResolverUrl } = patient.config.bluesky
  const service = readInEffect(patient).then(({ origin }) => probe(patient, origin, '/xrpc/_health'))
  const plc = probe(patient, plcDirectoryUrl, '/_health')
  const appview = appviewUrl ? probe(patient, appviewUrl, '/xrpc/_health') : null
  const resolver = handleResolverUrl ? probe(patient, handleResolverUrl, '/xrpc/_health') : null
  const all = () => Promise.all([service, plc, appview, resolver].filter((one) => one !== null))
  return [
    { id: 'clock', title: 'Clock', look: async () => examineClock(await all()) },
    { id: 'dns', title: 'DNS', look: async () => examineNames((await all()).map(({ origin }) => origin)) },
    { id: 'network', title: 'Way out', look: async () => examineWayOut(await all()) },
    { id: 'plc', title: 'PLC directory', look: async () => examinePlc(await plc) },
    {
      id: 'appview',
      title: 'AppView',
      look: async () => (appview ? examineAppview(await appview) : ok('off: BLUESKY_APPVIEW_URL=off')),
    },
    ...(resolver
      ? [{ id: 'handle_resolver', title: 'Handle resolver', look: async () => examineResolver(await resolver) }]
      : []),
  ]
}

/** Any answer will do: it is the way there that is looked at. */
async function probe({ http, signal }: Patient, origin: string, path: string): Promise<Probe> {
  const startedAt = Date.now()
  try {
    const { status, headers } = await http.fetch(new URL(path, origin), { signal })
    const tookMs = Date.now() - startedAt
    const date = Date.parse(headers.get('date') ?? '')
    // The header has whole seconds: on average half a second has passed since.
    const skew = Number.isNaN(date) ? {} : { aheadMs: startedAt + tookMs / 2 - (date + 500) }
    return { origin, status, tookMs, ...skew }
  } catch (error) {
    const fault = toHttpFault(error)
    const why = fault ? [fault.reason, fault.detail].filter(Boolean).join(', ') : (error as Error).name
    return { origin, tookMs: Date.now() - startedAt, fault: why }
  }
}

const answers = ({ status }: Probe) => status !== undefined && status < 500 && status !== 429

const inWords = ({ origin, status, tookMs, fault }: Probe) =>
  status === undefined ? `${origin} does not answer (${fault})` : `${origin} answers ${status} in ${tookMs} ms`

function examineClock(probes: Probe[]): Verdict {
  const told = probes.flatMap(({ origin, aheadMs }) => (aheadMs === undefined ? [] : [{ origin, aheadMs }]))
  const [best, ...others] = told.toSorted((a, b) => Math.abs(a.aheadMs) - Math.abs(b.aheadMs))
  if (!best)
    return warning('nobody answered whose clock it could be compared with', 'Look at what is said of the way out.')
  const found = skewInWords(best)
  const todo =
    'Set the clock of this machine, and keep it right with NTP: sessions and codes of authenticator apps go by it.'
  if (Math.abs(best.aheadMs) > SKEW_FAILED_MS) return failed(found, todo)
  if (Math.abs(best.aheadMs) > SKEW_WARNING_MS) return warning(found, todo)
  const wrong = others.filter(({ aheadMs }) => Math.abs(aheadMs) > SKEW_FAILED_MS)
  if (wrong.length === 0) return ok(found)
  return warning(
    `${found}; ${wrong.map(skewInWords).join(', ')}`,
    'Tell whoever runs those servers that their clocks are wrong: sessions that they give may end too early.',
  )
}

function skewInWords({ origin, aheadMs }: { origin: string; aheadMs: number }): string {
  const { host } = new URL(origin)
  const seconds = Math.round(Math.abs(aheadMs) / 1000)
  if (seconds <= 1) return `agrees with ${host}`
  return `${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} ${host}`
}

async function examineNames(origins: string[]): Promise<Verdict> {
  const hosts = [...new Set(origins.map((origin) => new URL(origin).hostname))]
  const names = hosts.filter((host) => !isIP(host.replace(/^\[|\]$/g, '')) && host !== 'localhost')
  const [looked, record] = await Promise.all([Promise.all(names.map(lookUp)), askRecord()])
  const unknown = looked.filter(({ why }) => why !== null)
  if (unknown.length > 0) {
    return failed(
      unknown.map(({ name, why }) => `${name}: ${why}`).join(', '),
      'Check the name server of this machine (/etc/resolv.conf), and the spelling of these names.',
    )
  }
  const known = names.length > 0 ? `${names.join(', ')} found` : 'no server has a name that had to be looked up'
  if (!record) return ok(`${known}, TXT records are answered`)
  return warning(
    `${known}, but TXT records are not answered (${record})`,
    'Let this machine ask a name server that answers TXT queries, or set HANDLE_RESOLVER_URL: handles are looked up there.',
  )
}

async function lookUp(name: string): Promise<{ name: string; why: string | null }> {
  return lookup(name).then(
    () => ({ name, why: null }),
    ({ code }: NodeJS.ErrnoException) => ({ name, why: code ?? 'no answer' }),
  )
}

/** @returns why there was no answer; that there is no such record is one */
async function askRecord(): Promise<string | null> {
  const resolver = new Resolver({ timeout: NAMES_MS, tries: 1 })
  return resolver.resolveTxt(KNOWN_RECORD).then(
    () => null,
    ({ code = 'no answer' }: NodeJS.ErrnoException) => (['ENOTFOUND', 'ENODATA'].includes(code) ? null : code),
  )
}

function examineWayOut(probes: Probe[]): Verdict {
  const reached = probes.filter(({ status }) => status !== undefined)
  if (reached.length === probes.length) return ok(`all ${probes.length} servers answer`)
  const away = probes.filter(({ status }) => status === undefined).map(inWords)
  if (reached.length > 0)
    return warning(
      `${reached.length} of ${probes.length} servers answer; ${away.join('; ')}`,
      'See what is said of each.',
    )
  return failed(
    `no server answers: ${away.join('; ')}`,
    'Let this machine out on port 443, without a proxy (docs/operations.md, The way out). Connects wait meanwhile.',
  )
}

function examinePlc(probe: Probe): Verdict {
  if (answers(probe)) return ok(inWords(probe))
  return failed(
    inWords(probe),
    'Without it nobody can tell where an account lives: check PLC_DIRECTORY_URL and the way there. Connects are tried again by themselves.',
  )
}

function examineAppview(probe: Probe): Verdict {
  if (answers(probe)) return ok(inWords(probe))
  return warning(
    inWords(probe),
    'Accounts connect all the same, but not whether Bluesky shows them is known: check the way there, or set BLUESKY_APPVIEW_URL=off.',
  )
}

function examineResolver(probe: Probe): Verdict {
  if (answers(probe)) return ok(inWords(probe))
  return warning(
    inWords(probe),
    'Handles that neither DNS nor their own site tells are not found: check HANDLE_RESOLVER_URL and the way there.',
  )
}
