// Looks at a server without signing in: whether it is one, what it says of itself, and which one was probably meant.
import { isValidDid, isValidHandle } from '@atproto/syntax'
import type { Http } from '../http/client.ts'
import type { Answer, Fault } from '../outcomes/evidence.ts'
import type { Finding, Found } from '../outcomes/findings.ts'
import { wallOf } from '../outcomes/reasons.ts'
import { knownEntryway } from './identity-document.ts'
import { call } from './xrpc.ts'

interface Looking {
  http: Pick<Http, 'fetch'>
  signal: AbortSignal
}

/** Of the server itself; of each that may have been meant instead. */
const LOOK_MS = 10_000
const GUESS_MS = 4_000
/** Both, one after the other. */
export const MOST_LOOK_MS = LOOK_MS + GUESS_MS

const MOST_BYTES = 64 * 1024
const MOST_DOMAINS = 20
const LONGEST_DID = 256

const MAIN_SERVER = 'https://bsky.social'

/** Hosts of Bluesky that people take for the server. */
const knownHosts: [host: RegExp, finding: Finding][] = [
  [/^(www\.)?bsky\.app$/, 'web_page'],
  [/^www\.bsky\.social$/, 'web_page'],
  [/(^|\.)plc\.directory$|\.bsky\.app$|(^|\.)bsky\.network$/, 'other_service'],
]

/** @returns null for a host that has to be asked */
function findKnown(origin: string): Found | null {
  const { hostname } = new URL(origin)
  const [, finding] = knownHosts.find(([host]) => host.test(hostname)) ?? []
  return finding && !knownEntryway(origin) ? { ...nothing, finding, suggestion: MAIN_SERVER } : null
}

const nothing = { did: null, domains: [], target: null, suggestion: null, detail: '' }

/** @throws only what is a mistake of our own; whatever a server or the network does is in what was found */
export async function lookAtServer(looking: Looking, origin: string): Promise<Found> {
  const known = findKnown(origin)
  if (known) return known
  const looked = await ask(looking, origin, LOOK_MS)
  const answers = looked.finding === 'answers'
  const entryway = knownEntryway(origin)
  if (entryway) return { ...looked, finding: answers ? 'behind_entryway' : looked.finding, suggestion: entryway }
  return answers ? looked : { ...looked, suggestion: await findMeant(looking, origin, looked.target) }
}

/** @returns the first that proves to be a server of what may have been meant; null where none does */
async function findMeant(looking: Looking, origin: string, target: string | null): Promise<string | null> {
  const { port, hostname, host } = new URL(origin)
  const guesses = [
    ...(target ? [target] : []),
    ...(port ? [`https://${hostname}`] : []),
    ...(hostname.startsWith('www.') ? [`https://${host.slice('www.'.length)}`] : []),
  ]
  const meant = guesses.map(async (guess) => {
    const known = findKnown(guess)
    if (known) return known.suggestion
    const { finding } = await ask(looking, guess, GUESS_MS)
    return finding === 'answers' ? (knownEntryway(guess) ?? guess) : null
  })
  return (await Promise.all(meant)).find((found) => found !== null) ?? null
}

async function ask({ http, signal }: Looking, origin: string, deadlineMs: number): Promise<Found> {
  const bounded: Pick<Http, 'fetch'> = {
    fetch: (input, init) => http.fetch(input, { deadlineMs, maxBodyBytes: MOST_BYTES, ...init }),
  }
  const { answer, data } = await call({ http: bounded, serviceUrl: origin, signal, tolerant: true }, (agent) =>
    agent.com.atproto.server.describeServer(),
  )
  if (answer.kind !== 'ok' && wallOf(answer, origin)) {
    return { ...nothing, finding: 'wall', detail: answer.kind === 'fault' ? 'HTTP 3xx' : `HTTP ${answer.status}` }
  }
  if (answer.kind === 'fault') return { ...nothing, ...findingOfFault(answer.fault) }
  if (answer.kind !== 'ok') return { ...nothing, ...findingOfAnswer(answer) }
  const { did, availableUserDomains: domains } = data ?? {}
  if (typeof did !== 'string' && !Array.isArray(domains)) {
    return { ...nothing, finding: 'not_a_server', detail: 'HTTP 200, JSON' }
  }
  return { ...nothing, finding: 'answers', did: readDid(did), domains: readDomains(domains) }
}

/** Whatever a stranger says of itself is kept only in the form that it has to have. */
const readDid = (did: unknown): string | null =>
  typeof did === 'string' && did.length <= LONGEST_DID && isValidDid(did) ? did : null

function readDomains(domains: unknown): string[] {
  if (!Array.isArray(domains)) return []
  const read = domains
    .slice(0, MOST_DOMAINS)
    .filter((domain) => typeof domain === 'string')
    .map((domain) => `.${domain.replace(/^\./, '').toLowerCase()}`)
    .filter((domain) => isValidHandle(`a${domain}`))
  return [...new Set(read)]
}

const findingByReason: Record<string, Finding> = {
  blocked: 'not_allowed',
  redirect: 'redirects',
  dns_not_found: 'unknown_host',
  dns_failed: 'names_fail',
  refused: 'closed_port',
  timeout: 'silent',
  tls_untrusted: 'certificate_untrusted',
  tls_expired: 'certificate_expired',
  tls_wrong_name: 'certificate_name',
  tls_failed: 'no_tls',
  header_too_large: 'not_a_server',
  body_too_large: 'not_a_server',
  decode_failed: 'not_a_server',
  protocol_error: 'not_a_server',
}

function findingOfFault({ reason, detail }: Fault): Pick<Found, 'finding' | 'detail' | 'target'> {
  const isPort = reason === 'blocked' && detail.startsWith('port ')
  const finding = isPort ? 'port_not_allowed' : (findingByReason[reason] ?? 'cut_off')
  if (finding !== 'redirects') return { finding, detail: detail || reason, target: null }
  const { protocol, origin: target } = URL.parse(detail) ?? {}
  return { finding, detail: '', target: target && /^https?:$/.test(protocol ?? '') ? target : null }
}

const wallStatuses = [401, 403, 406, 407, 451]

function findingOfAnswer({ kind, status }: Exclude<Answer, { kind: 'ok' | 'fault' }>) {
  const detail = `HTTP ${status}`
  if (kind === 'invalid') return { finding: 'not_a_server' as const, detail }
  if (status === 429) return { finding: 'limited' as const, detail }
  if (wallStatuses.includes(status)) return { finding: 'wall' as const, detail }
  if (status >= 500 && status !== 501) return { finding: 'broken' as const, detail }
  return { finding: 'not_a_server' as const, detail }
}
