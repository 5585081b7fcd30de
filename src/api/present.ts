// Turns stored channels and attempts into the JSON of the contract; names every field, so that no secret can slip in.
import { idOf, type KnownAppPasswords } from '../app-passwords.ts'
import { outcomes } from '../outcomes/catalogue.ts'
import { inSentences, shownName } from '../input/shown.ts'
import { alsoOf, buttonOf, isGivenUp, retryOf } from '../outcomes/rules.ts'
import { fill, forUsers, givenUp, type OutcomeParams, type Setting } from '../outcomes/words.ts'
import type {
  AdminAttempt,
  AppPasswords,
  Attempt,
  AuditEntry,
  Channel,
  ChannelStatus,
  ChannelSummary,
  Connection,
  Options,
  Outcome,
  Removal,
  RetryCourse,
  Session,
} from '../contract.ts'
import type { AttemptDoc } from '../db/attempts.ts'
import type { AuditDoc } from '../db/audit.ts'
import type { Channel as StoredChannel, StoredOutcome } from '../db/channels.ts'
import type { OwnSummary } from '../db/own-channels.ts'
import type { RemovalDoc } from '../db/removals.ts'
import type { RetryCourse as StoredCourse } from '../db/retries.ts'
import type { SessionDoc } from '../db/sessions.ts'

export function presentChannel(channel: StoredChannel): Channel {
  const now = new Date()
  return {
    id: channel._id.toHexString(),
    provider: 'bluesky',
    identifier: channel.identifier,
    handle: channel.handle,
    did: channel.did,
    displayName: shownName(channel.displayName),
    avatar: channel.avatar,
    serviceUrl: channel.serviceUrl,
    pdsUrl: channel.pdsUrl,
    status: channel.status,
    since: channel.since.toISOString(),
    outcome: channel.outcome && presentOutcome(channel.outcome, channel.status),
    fault: channel.fault
      ? { ...presentOutcome(channel.fault, channel.status), since: channel.fault.since.toISOString() }
      : null,
    brokenSince: channel.brokenSince?.toISOString() ?? null,
    button: buttonOf(channel, now),
    also: alsoOf(channel),
    retry: retryOf(channel, now),
    nextTryAt: channel.nextTryAt?.toISOString() ?? null,
    lastVerifiedAt: channel.lastVerifiedAt?.toISOString() ?? null,
    nextCheckAt: (channel.step === 'check' && channel.lease.sweepAt?.toISOString()) || null,
    askedAt: channel.askedAt?.toISOString() ?? null,
    groups: channel.groups ?? [],
    createdAt: channel.createdAt.toISOString(),
    updatedAt: channel.updatedAt.toISOString(),
    revision: channel.revision,
  }
}

export const presentSummary = ({ oldestCheckAt, ...counts }: OwnSummary): ChannelSummary => ({
  ...counts,
  oldestCheckAt: oldestCheckAt?.toISOString() ?? null,
})

/** @param asking the id of the session that asks */
export const presentSession = ({ _id, userAgent, createdAt, updatedAt }: SessionDoc, asking: string): Session => ({
  id: _id.toHexString(),
  userAgent: userAgent || null,
  createdAt: createdAt.toISOString(),
  lastSeenAt: updatedAt.toISOString(),
  current: _id.toHexString() === asking,
})

export const presentAppPasswords = ({ state, appPasswords }: KnownAppPasswords): AppPasswords => ({
  state,
  appPasswords: appPasswords.map(({ name, createdAt, privileged }) => ({
    id: idOf({ name, createdAt }),
    name: shownName(name) ?? '',
    createdAt: new Date(createdAt).toISOString(),
    readsMessages: privileged,
  })),
})

export function presentRemoval({ _id, name, server, by, at, ...ended }: RemovalDoc): Removal {
  const { session, sessionEndsAt, appPassword } = ended
  return {
    id: _id.toHexString(),
    name,
    server,
    by,
    at: at.toISOString(),
    session,
    sessionEndsAt: sessionEndsAt?.toISOString() ?? null,
    appPassword: appPassword && {
      name: shownName(appPassword.name) ?? '',
      state: appPassword.deleted ? 'deleted' : 'left',
    },
  }
}

/** One that is under way. */
export function presentRemoving({ _id, handle, identifier, serviceUrl, submittedAt, removal }: StoredChannel): Removal {
  const { by = 'owner', appPassword } = removal ?? {}
  return {
    id: _id.toHexString(),
    name: handle ?? identifier,
    server: serviceUrl,
    by,
    at: submittedAt.toISOString(),
    session: 'ending',
    sessionEndsAt: null,
    appPassword: appPassword ? { name: shownName(appPassword.name) ?? '', state: 'deleting' } : null,
  }
}

/** What the admin's advice goes by beside the channels. */
export interface ForAdmin {
  /** by user; one who is gone has none */
  emails: Map<string, string>
  options: Options
}

export function presentConnection(channel: StoredChannel, { emails, options }: ForAdmin): Connection {
  const { userId } = channel
  const presented = presentChannel(channel)
  const about = { ...presented, user: { id: userId, email: emails.get(userId) ?? '' }, seen: presentSeen(channel) }
  if (!channel.outcome || !presented.outcome) return { ...about, adminFix: null }
  const { code, params } = channel.outcome
  const all = { ...params, ...settingOf(options, params.server) }
  const { adminFix } = outcomes[code]
  return {
    ...about,
    outcome: { ...presented.outcome, params: all },
    adminFix: (adminFix && fill(adminFix, inSentences(all))) || null,
  }
}

const presentSeen = ({ seen, since }: StoredChannel) =>
  seen && seen.at >= since ? { by: seen.by, at: seen.at.toISOString() } : null

/** Where the address of `server` comes from, as far as it is the Service URL. */
function settingOf(options: Options, server: string | undefined): OutcomeParams & { setting: Setting } {
  const { effective, source, unsaved } = options['bluesky_service-url']
  const addresses = { serviceUrl: effective, unsaved }
  if (server !== undefined && server !== effective) return { ...addresses, setting: 'other' }
  return { ...addresses, setting: source === 'saved' && unsaved === effective ? 'saved_alone' : source }
}

function presentOutcome({ code, step, params, at }: StoredOutcome, status: ChannelStatus): Outcome {
  const { title, cause, fix, fixBy, retry, link, remark } = outcomes[code]
  const isOver = isGivenUp(status, code)
  const named = inSentences(params)
  return {
    code,
    step,
    title,
    cause: fill(cause, named),
    fix: isOver ? givenUp[step] : fill(fix, named),
    fixBy,
    retryable: retry !== undefined,
    givenUp: isOver,
    link: (link === '{server}' ? params.server : link) ?? null,
    remark: remark ?? null,
    params: forUsers(params),
    at: at.toISOString(),
  }
}

export function presentAdminAttempt(attempt: AttemptDoc): AdminAttempt {
  const { step, generation, durationMs, outcome, serviceUrl, answer: stored } = attempt
  const id = attempt._id.toHexString()
  const startedAt = attempt.startedAt.toISOString()
  const answer = stored && {
    call: stored.call,
    status: stored.status,
    error: stored.error,
    wanted: stored.wanted ?? false,
    durationMs: stored.durationMs,
    detail: stored.detail,
  }
  return { id, step, generation, startedAt, durationMs, outcome, serviceUrl, answer }
}

/** In milliseconds: finer times tell more of a network than its users need to know. */
const STEP_MS = 100
const roughly = (ms: number) => Math.round(ms / STEP_MS) * STEP_MS

/** As its owner sees it: no detail of why a server did not answer. */
export function presentAttempt(attempt: AttemptDoc): Attempt {
  const { answer, ...told } = presentAdminAttempt(attempt)
  const durationMs = roughly(told.durationMs)
  if (!answer) return { ...told, durationMs, answer }
  const { call, status, error, wanted } = answer
  return { ...told, durationMs, answer: { call, status, error, wanted, durationMs: roughly(answer.durationMs) } }
}

/** Of the audit list. */
/** @param course one that was stored may be of a version that did not tell those that wait */
export const presentCourse = ({
  retried,
  connected,
  failed,
  toGo,
  waiting = 0,
  nextTryAt = null,
}: Omit<StoredCourse, 'waiting' | 'nextTryAt'> & Partial<StoredCourse>): RetryCourse => ({
  retried,
  connected,
  failed,
  toGo,
  waiting,
  nextTryAt: nextTryAt?.toISOString() ?? null,
})

export function presentAudit(entry: Omit<AuditDoc, 'retry'>): AuditEntry {
  const { _id, at, action, whom, connection, requestId, ...rest } = entry
  return {
    id: _id.toHexString(),
    at: at.toISOString(),
    action: action ?? (rest.option === 'retry' ? 'connections_retried' : 'option_changed'),
    whom: whom ?? null,
    connection: connection ?? null,
    requestId: requestId ?? null,
    ...rest,
  }
}
