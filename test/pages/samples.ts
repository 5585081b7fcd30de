// Made-up channels and figures in every state, for looking at pages whose states are hard to bring about.
import { outcomes, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { findings, namesIn, type Finding } from '../../src/outcomes/findings.ts'
import { alsoOf, buttonOf, retryOf } from '../../src/outcomes/rules.ts'
import { rankOf } from '../../src/outcomes/ranks.ts'
import { fill } from '../../src/outcomes/words.ts'
import type {
  AppPasswords,
  Attempt,
  AuditEntry,
  Channel,
  ChannelStatus,
  ChannelSummary,
  Connection,
  Look,
  Outcome,
  ShownOptions,
  Incident,
  Summary,
  Removal,
  Session,
} from '../../src/contract.ts'

/** The moment that the samples are seen at. */
export const now = new Date('2026-11-24T13:05:20.000Z')
export const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString()

const server = 'https://bsky.social'

type SampleOutcome = Outcome & { code: OutcomeCode }

export function outcome(code: OutcomeCode, step: Outcome['step'] = 'connect'): SampleOutcome {
  const { title, cause, fix, fixBy, retry, link, remark } = outcomes[code]
  const params = {
    server,
    actualServer: 'https://pds.example.com',
    identifier: 'ada.example.com',
    seenHandle: 'grace.example.com',
    reference: 'b1946ac92492',
  }
  return {
    code,
    step,
    title,
    cause: fill(cause, params),
    fix: fill(fix, params),
    fixBy,
    retryable: retry !== undefined,
    givenUp: false,
    link: link === '{server}' ? server : (link ?? null),
    remark: remark ?? null,
    params,
    at: ago(3),
  }
}

let made = 0

const handleOf = (name: string) => `${name.toLowerCase().replaceAll(' ', '-')}.bsky.social`

/** What is known of an account once it has signed in. */
const signedInAs = (name: string) => ({
  handle: handleOf(name),
  did: 'did:plc:z72i7hdynmk6r22z27h6tvur',
  displayName: name,
  pdsUrl: 'https://morel.us-east.host.bsky.network',
})

export type Parts = Partial<Omit<Channel, 'outcome'>> & { outcome?: SampleOutcome | null }

export function channel(status: ChannelStatus, name: string, more: Parts = {}): Channel {
  made += 1
  const ended = more.outcome ?? (status === 'connected' ? outcome('connected', 'verify') : null)
  const nextTryAt = status === 'retrying' ? ago(-4.5) : null
  const standing = {
    status,
    step: ended?.step ?? ('connect' as const),
    outcome: ended,
    nextTryAt: nextTryAt ? new Date(nextTryAt) : null,
  }
  const signedIn = ['verifying', 'connected'].includes(status)
  return {
    id: made.toString(16).padStart(24, '0'),
    provider: 'bluesky',
    identifier: handleOf(name),
    ...(signedIn ? signedInAs(name) : { handle: null, did: null, displayName: null, pdsUrl: null }),
    avatar: null,
    serviceUrl: server,
    status,
    since: ago(5),
    outcome: ended,
    fault: null,
    brokenSince: null,
    button: buttonOf(standing, now),
    also: alsoOf(standing),
    retry: retryOf(standing, now),
    nextTryAt,
    lastVerifiedAt: status === 'connected' ? ago(12) : null,
    nextCheckAt: status === 'connected' ? ago(-60 * 23) : null,
    createdAt: ago(60 * 24 * 3),
    askedAt: null,
    groups: [],
    updatedAt: ago(3),
    revision: 1,
    ...more,
  }
}

export const channels = (): Channel[] => [
  channel('connecting', 'Grace Hopper', { createdAt: ago(0), since: ago(0), updatedAt: ago(0) }),
  channel('verifying', 'Alan Turing', { createdAt: ago(0), since: ago(0), updatedAt: ago(0) }),
  channel('connected', 'Ada Lovelace', { since: ago(60 * 24 * 3) }),
  channel('connected', 'Katherine Johnson', { outcome: outcome('app_password_has_dm_access', 'verify') }),
  channel('retrying', 'Edsger Dijkstra', { outcome: outcome('pds_unreachable') }),
  channel('action_required', 'Barbara Liskov', { outcome: outcome('bad_credentials') }),
  channel('action_required', 'Donald Knuth', { outcome: outcome('wrong_server') }),
  channel('action_required', 'Margaret Hamilton', { outcome: outcome('handle_not_found') }),
  channel('failed', 'Tony Hoare', { outcome: outcome('unknown', 'verify') }),
]

const people = ['Ada Lovelace', 'Grace Hopper', 'Alan Turing', 'Edsger Dijkstra', 'Tony Hoare', 'Barbara Liskov']
const labels = [['Fashion'], [], ['Food', 'Berlin'], [], ['Fashion', 'Berlin', 'Autumn week'], []]

/** As an agency has them: most are connected, some need somebody, in the order of the list. */
export const many = (count: number): Channel[] => {
  const codes: OutcomeCode[] = ['session_revoked', 'bad_credentials', 'wrong_server', 'account_taken_down']
  const all = Array.from({ length: count }, (_, index) => {
    const name = `${people[index % people.length]} ${index + 1}`
    const more = { groups: labels[index % labels.length] ?? [] }
    if (index % 29 === 5) return channel('retrying', name, { outcome: outcome('pds_unreachable'), ...more })
    if (index % 31 === 9) return channel('verifying', name, more)
    if (index % 7 !== 3) return channel('connected', name, more)
    return broken(name, codes[index % codes.length], more)
  })
  return all.toSorted((a, b) => rankOf(a.status) - rankOf(b.status) || (a.id < b.id ? 1 : -1))
}

export const attempts = (): Attempt[] => [
  attempt(
    'verify',
    'connected',
    { call: 'createRecord', status: 400, error: 'InvalidSwap', wanted: true, durationMs: 61 },
    12,
  ),
  attempt('connect', 'signed_in', { call: 'createSession', status: 200, error: null, durationMs: 357 }, 12),
  attempt(
    'connect',
    'bad_credentials',
    { call: 'createSession', status: 401, error: 'AuthenticationRequired', durationMs: 354 },
    25,
  ),
  attempt('connect', 'pds_unreachable', { call: 'createSession', status: null, error: null, durationMs: 10_000 }, 31),
]

/** What the checks of a connected channel meet. */
export const fault = (code: OutcomeCode): NonNullable<Channel['fault']> => ({
  ...outcome(code, 'verify'),
  at: ago(15),
  since: ago(60 * 5),
})

/** As a broken channel stands that was connected before. */
export const broken = (name: string, code: OutcomeCode = 'session_revoked', more: Parts = {}) =>
  channel('action_required', name, {
    ...signedInAs(name),
    outcome: outcome(code, 'verify'),
    brokenSince: ago(5),
    lastVerifiedAt: ago(60 * 24 + 5),
    ...more,
  })

/** The figures above the list. */
export const ownSummary = (channels: Channel[]): ChannelSummary => {
  const checks = channels.flatMap(({ status, fault, lastVerifiedAt }) =>
    status === 'connected' ? (fault?.at ?? lastVerifiedAt ?? []) : [],
  )
  return {
    needsAction: channels.filter(({ status }) => status === 'action_required' || status === 'failed').length,
    connected: channels.filter(({ status }) => status === 'connected').length,
    oldestCheckAt: checks.toSorted()[0] ?? null,
  }
}

/** What helps differs from one to the next. */
export const helped = (): Channel[] => [
  channel('retrying', 'Edsger Dijkstra', { outcome: outcome('login_rate_limited') }),
  channel('retrying', 'Barbara Liskov', { outcome: outcome('did_unresolvable') }),
  channel('action_required', 'Ada Lovelace', { outcome: outcome('account_taken_down') }),
  channel('action_required', 'Alan Turing', { outcome: outcome('account_unverified') }),
  channel('action_required', 'Donald Knuth', { outcome: outcome('app_passwords_unsupported') }),
  channel('action_required', 'Margaret Hamilton', { outcome: outcome('wrong_account') }),
]

type Answer = NonNullable<Attempt['answer']>
type SampleAnswer = Omit<Answer, 'wanted'> & Partial<Answer>

function attempt(step: 'connect' | 'verify', code: OutcomeCode, answer: SampleAnswer, minutes: number): Attempt {
  made += 1
  return {
    id: `a${made}`,
    step,
    generation: 1,
    startedAt: ago(minutes),
    durationMs: answer.durationMs + 14,
    outcome: code,
    serviceUrl: server,
    answer: { wanted: false, ...answer },
  }
}

/** Keys of nobody. */
export const appPasswords = (): AppPasswords['appPasswords'] => [
  { id: 'first', name: 'another app', createdAt: '2026-01-02T10:00:00.000Z', readsMessages: true },
  { id: 'second', name: 'ours', createdAt: '2026-05-03T10:00:00.000Z', readsMessages: false },
]

/** Under way, and ended in each way. */
export const removals = (): Removal[] => {
  const one = (id: string, more: Partial<Removal>): Removal => ({
    id,
    name: 'ada.example.com',
    server: 'https://pds.example.com',
    by: 'owner',
    at: ago(3),
    session: 'ended',
    sessionEndsAt: null,
    appPassword: null,
    ...more,
  })
  return [
    one('1', { session: 'ending', appPassword: { name: 'ours', state: 'deleting' } }),
    one('2', { appPassword: { name: 'ours', state: 'left' } }),
    one('3', { session: 'unanswered', sessionEndsAt: '2027-02-03T10:00:00.000Z', by: 'admin' }),
    one('4', { name: 'last.example.com', appPassword: { name: 'ours', state: 'deleted' } }),
  ]
}

export const setUp = {
  totpURI: `otpauth://totp/bluesky-connect:user%40example.com?secret=${'ABCDEFGH'.repeat(6)}ABCD&issuer=bluesky-connect&digits=6&period=30`,
  backupCodes: Array.from({ length: 10 }, (_, index) => `aBc${index}e-fGh${index}j`),
}

const agents = {
  chrome: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
  safari: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1',
}

export const sessions = (): Session[] => [
  { id: '1'.repeat(24), userAgent: agents.chrome, createdAt: ago(12), lastSeenAt: ago(2), current: true },
  { id: '2'.repeat(24), userAgent: agents.safari, createdAt: ago(3000), lastSeenAt: ago(90), current: false },
  { id: '3'.repeat(24), userAgent: null, createdAt: ago(5000), lastSeenAt: ago(4000), current: false },
]

export function look(finding: Finding, origin: string, parts: Partial<Look> = {}): Look {
  const told = { domains: [], target: null, suggestion: null, detail: '', ...parts }
  const { tone, title, text } = findings[finding]
  return {
    finding,
    tone,
    title,
    text: text(namesIn(origin, told, { locale: 'en', nameless: 'another address' })),
    lookedAt: ago(12),
    ...told,
  }
}
const sound = look('answers', server, { domains: ['.bsky.social'] })

export const options = (saved = '', look: Look | null = sound): ShownOptions => ({
  'bluesky_service-url': { saved, effective: saved || server, source: saved ? 'saved' : 'default', unsaved: server },
  bluesky_integration_status: { saved: 'enabled', effective: 'enabled', source: 'saved' },
  bluesky_other_servers: { saved: null, effective: 'follow', source: 'default', unsaved: 'follow' },
  look,
})

const act = (id: string, minutes: number, parts: Partial<AuditEntry> & Pick<AuditEntry, 'action'>): AuditEntry => ({
  id,
  at: ago(minutes),
  actor: 'admin@example.com',
  whom: null,
  connection: null,
  requestId: `request-${id}`,
  option: '',
  from: '',
  to: '',
  retried: 0,
  ...parts,
})

export const audit = (): AuditEntry[] => [
  act('7', 5, { action: 'user_removed', whom: 'grace@example.com' }),
  act('6', 12, { action: 'connection_disconnected', whom: 'ada@example.com', connection: 'ada.bsky.social' }),
  act('5', 20, { action: 'role_changed', whom: 'ada@example.com', from: 'user', to: 'admin' }),
  act('9', 25, {
    action: 'connections_retried',
    option: 'retry',
    from: 'status=action_required%2Cfailed&outcome=wrong_server&server=https%3A%2F%2Fpds.example.com',
    retried: 12,
  }),
  act('4', 30, { action: 'user_banned', whom: 'mallory@example.com', to: 'Spam' }),
  act('3', 40, {
    action: 'option_changed',
    option: 'bluesky_service-url',
    from: 'https://pds.example.com',
    retried: 20,
  }),
  act('2', 95, { action: 'option_changed', option: 'bluesky_service-url', to: 'https://pds.example.com' }),
  act('1', 60 * 24 * 9, {
    action: 'option_changed',
    actor: 'environment',
    option: 'bluesky_integration_status',
    from: 'disabled',
    to: 'enabled',
    retried: 3,
  }),
]

export const connections = (): Connection[] =>
  [...channels(), ...channels(), ...channels()]
    .filter(({ status }) => ['retrying', 'action_required', 'failed'].includes(status))
    .map((each, index) => ({
      ...each,
      user: {
        id: `u${index}`,
        email:
          index % 4 === 0 ? `quite.a.long.address.number${index}@subsidiary.example.com` : `person${index}@example.com`,
      },
      adminFix:
        each.outcome?.code === 'wrong_server' ? fill(outcomes.wrong_server.adminFix ?? '', each.outcome.params) : null,
      since: ago(4 + index * 7),
      askedAt: index === 2 ? ago(3) : null,
      seen: index === 4 ? { by: 'grace@example.com', at: ago(2) } : null,
    }))

export const summary = (incident = true): Summary => ({
  byStatus: [
    { status: 'connected', count: 1204 },
    { status: 'action_required', count: 143 },
    { status: 'retrying', count: 18 },
    { status: 'failed', count: 7 },
    { status: 'verifying', count: 2 },
    { status: 'connecting', count: 1 },
  ],
  byOutcome: (
    [
      ['wrong_server', 117],
      ['bad_credentials', 15],
      ['pds_unreachable', 18],
      ['handle_not_found', 7],
      ['unknown', 4],
      ['account_deactivated', 3],
      ['main_password_used', 3],
      ['scope_missing', 1],
    ] as const
  ).map(([code, count]) => ({ code, title: outcomes[code].title, fixBy: outcomes[code].fixBy, count })),
  byHour: Array.from({ length: 24 }, (_, index) => ({
    at: new Date(Math.floor(now.getTime() / 3_600_000 - 23 + index) * 3_600_000).toISOString(),
    connected: (Math.round(18 + 14 * Math.sin(index / 3.4)) * (index > 21 ? 0.25 : 1)) | 0,
    failed: Math.max(index > 21 ? 58 : 0, index % 5 === 0 ? 3 : 1),
  })),
  asked: 2,
  serviceUrl: server,
  atServiceUrl: { connected: 371, failed: 143 },
  incident: incident ? sampleIncident() : null,
})

const wrongServer = 'https://pds.example.com'

/** As the options are in it: somebody set another Service URL. */
export const sampleIncident = (parts: Partial<Incident> = {}): Incident => ({
  id: '0123456789abcdef01234567',
  code: 'wrong_server',
  server: wrongServer,
  since: ago(75),
  closedAt: null,
  connects: 143,
  failed: 117,
  before: 0.03,
  text: '',
  common: {
    sampled: 117,
    people: 64,
    actualServer: { value: 'https://bsky.social', count: 112, people: 61 },
    step: { value: 'connect', count: 117 },
    answer: { status: 401, error: 'AuthenticationRequired', count: 50, sampled: 50 },
  },
  change: {
    at: ago(76),
    actor: 'grace@example.com',
    option: 'bluesky_service-url',
    from: 'https://bsky.social',
    to: wrongServer,
  },
  mend: { kind: 'undo_change', option: 'bluesky_service-url', value: 'https://bsky.social', retried: 117 },
  course: null,
  look: null,
  comeback: null,
  ...parts,
})
