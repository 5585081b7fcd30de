// Looks at a server without signing in: whether it is one, what it says of itself, and which one was probably meant.
import { isValidDid, isValidHandle } from '@atproto/syntax'
import type { Http } from '../http/client.ts'
import type { Answer } from '../outcomes/evidence.ts'
import type { Finding, Found } from '../outcomes/findings.ts'
import { reasonOf, redirectTarget, type Reason } from '../outcomes/reasons.ts'
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
  if (answer.kind !== 'ok') return { ...nothing, ...readFailure(answer, origin) }
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

const findingOf: Record<Reason, Finding> = {
  challenge: 'wall',
  sign_in: 'wall',
  forbidden: 'wall',
  legal: 'wall',
  detour: 'wall',
  maintenance: 'broken',
  own_fault: 'broken',
  page: 'not_a_server',
  another_form: 'not_a_server',
  unreadable: 'not_a_server',
  redirect: 'redirects',
  redirect_unnamed: 'redirects',
  no_such_name: 'unknown_host',
  name_not_found_out: 'names_fail',
  nobody_listens: 'closed_port',
  cut_off: 'cut_off',
  no_way: 'cut_off',
  no_answer_in_time: 'silent',
  untrusted_certificate: 'certificate_untrusted',
  expired_certificate: 'certificate_expired',
  certificate_of_another_name: 'certificate_name',
  no_safe_connection: 'no_tls',
  not_https: 'not_allowed',
  inside_name: 'not_allowed',
  address: 'not_allowed',
  resolved_to: 'not_allowed',
  port: 'port_not_allowed',
}

type Failure = Exclude<Answer, { kind: 'ok' }>

function readFailure(answer: Failure, origin: string): Pick<Found, 'finding' | 'detail' | 'target'> {
  const reason = reasonOf(answer, origin)
  const told = reason && findingOf[reason]
  if (answer.kind !== 'fault') {
    const finding = told === 'wall' ? told : (findingByStatus(answer) ?? told ?? 'not_a_server')
    return { finding, detail: `HTTP ${answer.status}`, target: null }
  }
  const finding = told ?? 'cut_off'
  if (finding === 'redirects') return { finding, detail: '', target: redirectTarget(answer.fault) }
  return { finding, detail: finding === 'wall' ? 'HTTP 3xx' : answer.fault.detail || answer.fault.reason, target: null }
}

/** What is asked for here is for everybody: whoever wants a sign-in for it stands in front of the server. */
function findingByStatus({ kind, status }: Exclude<Failure, { kind: 'fault' }>): Finding | null {
  if (status === 429) return 'limited'
  return kind === 'error' && [401, 403].includes(status) ? 'wall' : null
}
