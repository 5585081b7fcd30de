// The shapes of HTTP bodies: they check requests, type the pages and make the OpenAPI document.
import { z } from 'zod'
import { errorCodes } from './errors.ts'
import { personStates, roles } from './input/account.ts'
import { outcomeCodes } from './outcomes/catalogue.ts'
import { findingCodes } from './outcomes/findings.ts'
import { alsoButtons, buttons, retryStates } from './outcomes/rules.ts'

const time = z.iso.datetime()

export const channelStatuses = [
  'connecting',
  'verifying',
  'connected',
  'retrying',
  'action_required',
  'failed',
  'disconnected',
] as const
export const ChannelStatus = z.enum(channelStatuses)
export type ChannelStatus = z.infer<typeof ChannelStatus>

export const OutcomeCode = z
  .enum(outcomeCodes)
  .describe('stable code of the outcome catalogue. A later version may have more: show the texts of one that is new')

export const Outcome = z.object({
  code: OutcomeCode,
  step: z.enum(['connect', 'verify']),
  title: z.string(),
  cause: z.string(),
  fix: z.string(),
  fixBy: z.enum(['user', 'admin', 'time', 'us']),
  retryable: z.boolean().describe('is it worth trying again without changing anything'),
  givenUp: z
    .boolean()
    .describe('it was tried or waited for as long as it may be, and nothing happens by itself any more'),
  link: z.url().nullable().describe('where the person can act'),
  remark: z
    .enum(['warning', 'note'])
    .nullable()
    .describe('it went well, with something that its owner may not want, or that is worth knowing'),
  params: z.record(z.string(), z.string()).describe('what the texts name, for texts in other languages'),
  at: time,
})
export type Outcome = z.infer<typeof Outcome>

export const Channel = z.object({
  id: z.string(),
  provider: z.literal('bluesky'),
  identifier: z.string(),
  handle: z.string().nullable(),
  did: z.string().nullable(),
  displayName: z.string().nullable(),
  avatar: z.url().nullable(),
  serviceUrl: z.url(),
  pdsUrl: z.url().nullable(),
  status: ChannelStatus,
  since: time.describe('when it got into this state'),
  outcome: Outcome.nullable(),
  fault: Outcome.extend({ since: time.describe('when checks met the first one') })
    .nullable()
    .describe('what the checks of a connected channel meet at the moment; it stays connected, and is checked again'),
  brokenSince: time
    .nullable()
    .describe('since when a channel that was connected needs somebody, however often it was tried since'),
  button: z
    .enum(buttons)
    .nullable()
    .describe(
      'the one thing that helps; null where nothing needs doing. try_now, check_again: POST …/retry, which wait is too early for; open_link: the link of the outcome',
    ),
  also: z
    .enum(alsoButtons)
    .nullable()
    .describe(
      'what helps as well, or after that. connect_other: the account `seenHandle` of the params, as a channel of its own',
    ),
  retry: z
    .enum(retryStates)
    .nullable()
    .describe(
      'possible: its failed step can run again now; needs_user: what it needs is gone, the user has to reconnect; waits: nothing is sent before `nextTryAt`, because the server takes no more',
    ),
  nextTryAt: time.nullable(),
  lastVerifiedAt: time.nullable().describe('the last time that all was well'),
  nextCheckAt: time.nullable().describe('when it is checked by itself, while no step is under way'),
  askedAt: time.nullable().describe('when its owner asked the administrator for help with how it stands'),
  groups: z.array(z.string()).describe('labels of its owner'),
  createdAt: time,
  updatedAt: time,
  revision: z.int().describe('of two states of a channel the one with more is newer'),
})
export type Channel = z.infer<typeof Channel>

const AttemptAnswer = z.object({
  call: z.string(),
  status: z.int().nullable().describe('HTTP status, null when there was no answer'),
  error: z.string().nullable().describe('name of the error, as the server gave it'),
  wanted: z.boolean().describe('a refusal that was wanted: the test post has to be refused'),
  durationMs: z.number().describe('in steps of 100'),
})
export const Attempt = z.object({
  id: z.string(),
  step: z.enum(['connect', 'verify']),
  generation: z.int(),
  startedAt: time,
  durationMs: z.number().describe('in steps of 100'),
  outcome: OutcomeCode,
  serviceUrl: z.url(),
  answer: AttemptAnswer.nullable().describe(
    'what the server answered to the call that decided; null where nobody was asked, or where it is not told',
  ),
})
export type Attempt = z.infer<typeof Attempt>
/** An attempt as admins see it. */
export const AdminAttempt = Attempt.extend({
  durationMs: z.number(),
  answer: AttemptAnswer.extend({
    durationMs: z.number(),
    detail: z.string().nullable().describe('why there was no answer, or none that can be read'),
  }).nullable(),
})
export type AdminAttempt = z.infer<typeof AdminAttempt>

export const ChannelWithAttempts = Channel.extend({ attempts: z.array(Attempt).describe('newest first, at most 50') })
export type ChannelWithAttempts = z.infer<typeof ChannelWithAttempts>

export const ChannelPage = z.object({ channels: z.array(Channel), nextCursor: z.string().nullable() })
export type ChannelPage = z.infer<typeof ChannelPage>

export const ChannelSummary = z.object({
  needsAction: z.int().describe('channels that need somebody, 1000 at most'),
  connected: z.int().describe('channels that are connected, 1000 at most'),
  oldestCheckAt: time
    .nullable()
    .describe('which check of the connected ones is the longest ago; null where none is, or more than 1000'),
})
export type ChannelSummary = z.infer<typeof ChannelSummary>

export const Session = z.object({
  id: z.string(),
  userAgent: z.string().nullable().describe('how the browser or program calls itself'),
  createdAt: time.describe('when it was signed in'),
  lastSeenAt: time.describe('to within a day'),
  current: z.boolean().describe('the one that asks'),
})
export type Session = z.infer<typeof Session>
export const SessionList = z.object({ sessions: z.array(Session).describe('newest first, at most 100') })
export type SessionList = z.infer<typeof SessionList>
export const EndedSessions = z.object({ ended: z.int() })
export type EndedSessions = z.infer<typeof EndedSessions>

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(200).optional(),
})

export const ChannelQuery = PageQuery.extend({
  group: z.string().max(200).optional().describe('those alone that carry this label, as it is written'),
})

const ids = z
  .array(z.string().max(24), 'must be a list')
  .min(1, 'is empty')
  .max(100, 'are more than 100')
  .describe('of channels, 100 at most')
export const ManyBody = z.strictObject({ ids })
const labels = z.array(z.string('must be text').max(200, 'is too long'), 'must be a list').max(10, 'are more than 10')
export const GroupsBody = z.strictObject({
  ids,
  add: labels.default([]).describe('labels of 1 to 40 characters; a channel carries 10 at most'),
  remove: labels.default([]).describe('labels, however they are written'),
})
export const ManyResults = z.object({
  results: z
    .array(
      z.object({
        id: z.string(),
        channel: Channel.nullable().describe('as it is now; null where it is gone, or where it was refused'),
        problem: z
          .object({ code: z.enum(errorCodes), detail: z.string(), retryAfterSeconds: z.int().nullable() })
          .nullable()
          .describe('why nothing was done to this one; null where it was'),
      }),
    )
    .describe('one for each id, in their order'),
})
export type ManyResults = z.infer<typeof ManyResults>

/** Text that a person typed or pasted; the limit keeps nonsense away from the cleaning. */
const typed = (what: string) =>
  z.string(`${what} is missing`).min(1, `${what} is missing`).max(2000, `${what} is too long`)

export const ConnectBody = z.strictObject({ identifier: typed('The handle'), appPassword: typed('The app password') })
export type ConnectBody = z.infer<typeof ConnectBody>
export const ReconnectBody = z.strictObject({ appPassword: typed('The app password') })

export const ProofBody = z.strictObject({
  token: z.string('must be text').min(1, 'is missing').max(2000, 'is too long'),
})
export const Proven = z.object({ proven: z.literal(true) })

export const Removal = z.object({
  id: z.string().describe('of the channel that was removed'),
  name: z.string().describe('handle of the account'),
  server: z.url().describe('that opened the session'),
  by: z.enum(['owner', 'admin']).describe('who removed the channel'),
  at: time.describe('when it was removed'),
  session: z
    .enum(['ending', 'ended', 'refused', 'unanswered', 'unreadable'])
    .describe(
      'ending: under way, tried for as long as a password would be kept; refused: the server does not let us end it; unanswered: it did not answer in all that time; unreadable: what we kept of it cannot be opened any more',
    ),
  sessionEndsAt: time
    .nullable()
    .describe('when a session that was not ended ends by itself; null where that is not known'),
  appPassword: z
    .object({ name: z.string(), state: z.enum(['deleting', 'deleted', 'left']) })
    .nullable()
    .describe('that was to be deleted at the server too; left: it was not, and may still exist'),
})
export type Removal = z.infer<typeof Removal>
export const RemovalList = z.object({
  removals: z.array(Removal).describe('of connected channels, newest channels first, at most 20 of those that ended'),
})
export type RemovalList = z.infer<typeof RemovalList>

export const AppPasswords = z.object({
  state: z
    .enum(['unasked', 'asking', 'listed', 'refused', 'unanswered', 'session_over'])
    .describe(
      'refused: the server does not tell them to our session; unanswered: it does not answer at the moment; session_over: our session is over, and with it most likely the app password',
    ),
  appPasswords: z.array(
    z.object({
      id: z.string().describe('for DELETE /channels/{id}'),
      name: z.string(),
      createdAt: time,
      readsMessages: z.boolean().describe('it may read direct messages'),
    }),
  ),
})
export type AppPasswords = z.infer<typeof AppPasswords>
export const RemoveQuery = z.object({ appPassword: z.string().max(64).optional() })

const switches = { channels: z.boolean('must be true or false'), incidents: z.boolean('must be true or false') }
/** Which mails somebody gets; what is not said stays as it is. */
export const SubscriptionsBody = z.strictObject(switches).partial()
export const Subscriptions = z.object({
  channels: switches.channels.describe('what breaks or gets well by itself among your channels, at most once a day'),
  incidents: switches.incidents.nullable().describe('incidents begin and end: for administrators; null for others'),
})
export type Subscriptions = z.infer<typeof Subscriptions>
export const Unsubscribed = z.object({ off: z.enum(['channels', 'incidents']) })
export type Unsubscribed = z.infer<typeof Unsubscribed>

/** What the event stream sends: `channel` with a channel, `removed` with its id, `removal` with how that ended, `snapshot` with the first channels of the list. */
export const RemovedEvent = z.object({ id: z.string(), mergedInto: z.string().nullable() })
export type RemovedEvent = z.infer<typeof RemovedEvent>

export const IntegrationStatus = z.enum(['enabled', 'disabled'], 'must be enabled or disabled')
export const OtherServers = z.enum(['follow', 'refuse'], 'must be follow or refuse')
export type OtherServers = z.infer<typeof OtherServers>
export const OptionsBody = z.strictObject({
  'bluesky_service-url': z.string('must be text').max(2000, 'is too long').default(''),
  bluesky_integration_status: IntegrationStatus.default('enabled'),
  bluesky_other_servers: z
    .enum(['', ...OtherServers.options], 'must be follow, refuse or empty')
    .default('')
    .describe('empty: nothing is saved, and what holds without is in effect'),
})
export type OptionsBody = z.infer<typeof OptionsBody>

export const Options = z.object({
  'bluesky_service-url': z.object({
    saved: z.string().describe('empty when nothing is saved'),
    effective: z.url(),
    source: z.enum(['saved', 'env', 'default']),
    unsaved: z.url().describe('what is in effect when nothing is saved'),
  }),
  bluesky_integration_status: z.object({
    saved: IntegrationStatus.nullable(),
    effective: IntegrationStatus,
    source: z.enum(['saved', 'default']),
  }),
  bluesky_other_servers: z
    .object({
      saved: OtherServers.nullable(),
      effective: OtherServers,
      source: z.enum(['saved', 'env', 'default']),
      unsaved: OtherServers.describe(
        'what is in effect when nothing is saved: what the environment says, else follow at the default Service URL and refuse at any other',
      ),
    })
    .describe(
      'accounts that live on another server than the Service URL: follow signs in at the server that each account names, and at the Service URL only where that cannot be told; refuse sends sign-ins to the Service URL alone',
    ),
})
export type Options = z.infer<typeof Options>

export const Look = z.object({
  finding: z.enum(findingCodes).describe('stable code: `answers`, or what is in the way'),
  tone: z.enum(['good', 'warn', 'bad']),
  title: z.string(),
  text: z.string().describe('what is wrong, and what to do about it'),
  domains: z
    .array(z.string())
    .describe('the ends of the handles that it gives out, its first choice first, as it said last'),
  target: z.url().nullable().describe('the origin that it redirects to'),
  suggestion: z.url().nullable().describe('the origin that was probably meant'),
  detail: z.string().describe('a short technical phrase'),
  lookedAt: time,
})
export type Look = z.infer<typeof Look>

/** The options as administrators read them. */
export const ShownOptions = Options.extend({
  look: Look.nullable().describe(
    'what a worker found at the Service URL in effect, without signing in; null while it is being looked at',
  ),
})
export type ShownOptions = z.infer<typeof ShownOptions>

export const SavedOptions = ShownOptions.extend({
  retried: z.int().describe('how many channels run again because of this change'),
  waiting: z
    .int()
    .describe(
      'how many the old Service URL broke but whose accounts live at yet another server: they wait for their owners',
    ),
})
export type SavedOptions = z.infer<typeof SavedOptions>

export const AuditAction = z.enum([
  'option_changed',
  'connections_retried',
  'connection_retried',
  'connection_disconnected',
  'connection_seen',
  'connection_unseen',
  'user_created',
  'user_invited',
  'password_link_made',
  'user_changed',
  'role_changed',
  'user_banned',
  'user_unbanned',
  'password_set',
  'sessions_ended',
  'session_ended',
  'second_factor_reset',
  'user_removed',
])
export type AuditAction = z.infer<typeof AuditAction>
export const AuditEntry = z.object({
  id: z.string(),
  at: time,
  actor: z.string().describe('e-mail of who did it, "environment" or "command line"'),
  action: AuditAction,
  whom: z.string().nullable().describe('e-mail of the user to whom it was done'),
  connection: z.string().nullable().describe('handle of the connection to which it was done'),
  requestId: z.string().nullable().describe('found in the log'),
  option: z.string().describe('the option that was changed; `retry` for a retry of many; otherwise empty'),
  from: z.string().describe('the value before, a role too; of a retry of many what was retried'),
  to: z.string().describe('the value since; of a ban its reason, of a changed user the names of the fields'),
  retried: z.int().describe('how many connections run again because of it'),
})
export type AuditEntry = z.infer<typeof AuditEntry>
export const AuditQuery = PageQuery.extend({
  option: z.string().max(200).optional().describe('only changes of these, comma separated'),
})
export const AuditPage = z.object({ entries: z.array(AuditEntry), nextCursor: z.string().nullable() })
export type AuditPage = z.infer<typeof AuditPage>

export const PersonState = z
  .enum(personStates)
  .describe('invited: has not set a first password yet; locked_out: cannot sign in')
export type PersonState = z.infer<typeof PersonState>
export const Person = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(roles),
  state: PersonState,
  lockedOut: z
    .object({ reason: z.string().nullable(), until: time.nullable().describe('null: until they are let in again') })
    .nullable(),
  emailVerified: z.boolean(),
  secondFactor: z.boolean(),
  channels: z.int().describe('1000 at most'),
  createdAt: time,
  lastSeenAt: time.nullable().describe('to within a day'),
})
export type Person = z.infer<typeof Person>
export const PeopleFilter = z.strictObject({
  q: z.string().max(254).optional().describe('a part of e-mail or name'),
  role: z.enum(roles).optional(),
  state: PersonState.optional(),
})
export type PeopleFilter = z.infer<typeof PeopleFilter>
export const PeopleQuery = PeopleFilter.extend(PageQuery.shape)
export const PersonPage = z.object({ people: z.array(Person), nextCursor: z.string().nullable() })
export type PersonPage = z.infer<typeof PersonPage>
export const PersonDetails = Person.extend({
  yourself: z.boolean().describe('the one who asks'),
  standing: ChannelSummary,
  sessions: z.array(Session).describe('newest first, at most 100'),
  acts: z.array(AuditEntry).describe('what administrators did to them, newest first, at most 20'),
})
export type PersonDetails = z.infer<typeof PersonDetails>

export const InviteBody = z.strictObject({
  email: z.email('is not an e-mail address').max(254),
  role: z.enum(roles, 'must be user or admin').default('user'),
})
export const PasswordLink = z.object({
  link: z.url().describe('sets a password, once; it is shown here alone'),
  expiresAt: time,
  mailed: z.boolean().describe('a mail with another link of the kind is on its way'),
})
export type PasswordLink = z.infer<typeof PasswordLink>
export const Invited = z.object({ person: Person, ...PasswordLink.shape })
export type Invited = z.infer<typeof Invited>

export const NewEmailBody = z.strictObject({ email: z.email('is not an e-mail address').max(254) })
export const EmailChange = z.object({
  email: z.string(),
  changed: z.boolean().describe('false: a mail is on its way there, whose link changes it'),
})
export type EmailChange = z.infer<typeof EmailChange>
export const EmailChanged = z.object({ email: z.string() })

/** All that is kept of a person, without secrets. */
export const Export = z.object({
  exportedAt: time,
  account: z.object({
    id: z.string(),
    email: z.string(),
    emailVerified: z.boolean(),
    role: z.enum(roles),
    secondFactor: z.boolean(),
  }),
  sessions: z.array(Session),
  channels: z.array(ChannelWithAttempts),
})

export const ProblemCode = z.enum(errorCodes).describe('stable name of the error. A later version may have more')

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: ProblemCode,
  detail: z.string().describe('a sentence for the person'),
  requestId: z.string().describe('found in the log'),
  fix: z.string().optional(),
  link: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
})
export type Problem = z.infer<typeof Problem>

/** A channel as the admin sees it. */
export const Connection = Channel.extend({
  user: z.object({ id: z.string(), email: z.string() }),
  seen: z
    .object({ by: z.string(), at: time })
    .nullable()
    .describe('which administrator marked it as seen; over when its status changes'),
  adminFix: z.string().nullable().describe('what the admin can do, where it differs from the fix for the user'),
})
export type Connection = z.infer<typeof Connection>
export const ConnectionWithAttempts = Connection.extend({
  attempts: z.array(AdminAttempt),
  sameServer: z
    .object({
      people: z.int(),
      more: z.boolean().describe('there are at least so many; they were not all counted'),
    })
    .nullable()
    .describe('of an account on another server: whose connections wait because their accounts live there as well'),
})
export type ConnectionWithAttempts = z.infer<typeof ConnectionWithAttempts>

const list = <T extends z.ZodType<string, string>>(item: T) =>
  z
    .string()
    .transform((text) => text.split(',').filter(Boolean))
    .pipe(z.array(item).min(1).max(50))

/** The filter of the admin's list, of its CSV file and of "retry all". Lists are comma separated. */
export const ConnectionFilter = z.strictObject({
  status: list(ChannelStatus).optional(),
  outcome: list(z.string().max(64)).optional(),
  fixBy: list(z.enum(['user', 'admin', 'time', 'us'])).optional(),
  server: z
    .string()
    .max(300)
    .optional()
    .describe('the server that sign-ins go to: its host, as the list has it, or its origin'),
  user: z.string().max(254).optional().describe('id or e-mail of the user'),
  asked: z.literal('true').optional().describe('only those whose owners asked for help'),
  unseen: z.literal('true').optional().describe('only those that no administrator has marked as seen'),
  q: z
    .string()
    .max(254)
    .optional()
    .describe(
      'a part, from three letters on, of a handle or an identifier; the beginning of one of these, of a DID, an e-mail or a reference; the link of a profile; or the id of a channel',
    ),
  from: time.optional(),
  to: time.optional(),
})
export type ConnectionFilter = z.infer<typeof ConnectionFilter>
export const ConnectionSort = z
  .enum(['since', '-since', 'server', 'outcome'])
  .describe(
    'by the last change of the status, oldest or newest first, by server, or by outcome. Absent: failures first',
  )
export type ConnectionSort = z.infer<typeof ConnectionSort>
export const ConnectionQuery = ConnectionFilter.extend(PageQuery.shape).extend({
  cursor: z.string().max(700).optional(),
  sort: ConnectionSort.optional(),
})
export const ConnectionPage = z.object({ connections: z.array(Connection), nextCursor: z.string().nullable() })
export type ConnectionPage = z.infer<typeof ConnectionPage>

export const ConnectionCounts = z.object({
  byStatus: z.array(z.object({ status: ChannelStatus, count: z.int() })),
  more: z.boolean().describe('there are at least so many; they were not all counted'),
  at: time.describe('as of when; up to some minutes ago where there are very many channels'),
})
export type ConnectionCounts = z.infer<typeof ConnectionCounts>

export const ActBody = z.strictObject({
  act: z
    .enum(['retry', 'remove', 'see', 'unsee'], 'must be retry, remove, see or unsee')
    .describe('see: mark as seen, until its status changes; unsee: take that mark off'),
  ids: z.array(z.string().max(64), 'must be a list of ids').min(1, 'is empty').max(100, 'has more than 100'),
})
export type ActBody = z.infer<typeof ActBody>
export const ActResults = z.object({
  results: z.array(
    z.object({
      id: z.string(),
      done: z.boolean().describe('false where there is a problem, or nothing was to be done'),
      problem: z.object({ code: ProblemCode, detail: z.string() }).nullable(),
    }),
  ),
})
export type ActResults = z.infer<typeof ActResults>
const RetryCourse = z.object({
  retried: z.int().describe('how many were to run again'),
  connected: z.int(),
  failed: z.int().describe('failed again'),
  toGo: z.int().describe('not begun yet, under way, or waiting for a next try'),
  waiting: z.int().describe('of those to go: that wait for their next try'),
  nextTryAt: time.nullable().describe('when the first of those that wait is tried'),
})
export type RetryCourse = z.infer<typeof RetryCourse>
export const RetryOrder = RetryCourse.extend({ id: z.string() })
export type RetryOrder = z.infer<typeof RetryOrder>

export const Mend = z.object({
  kind: z
    .enum(['undo_change', 'use_server', 'allow_other_servers', 'wait', 'check_settings', 'try_again', 'none'])
    .describe(
      'the first three save a value: `PUT …/api-integration/bluesky`. wait: only its operator can help; try_again: `POST …/connections/retry`, where it was a fault of ours or the server is back; none: every user for themselves',
    ),
  option: z.string().nullable().describe('that is to be saved'),
  value: z.string().nullable().describe('to be saved as that option; empty: nothing, so that the environment holds'),
  retried: z.int().describe('how many connections run again by it'),
})
export type Mend = z.infer<typeof Mend>

export const Incident = z.object({
  id: z.string(),
  code: OutcomeCode,
  server: z.url(),
  since: time,
  closedAt: time.nullable().describe('when it was over; null while it goes on'),
  connects: z.int().describe('connects that ended since then'),
  failed: z.int(),
  before: z.number().describe('share that failed with this outcome before, 0 to 1'),
  text: z.string(),
  common: z
    .object({
      sampled: z.int().describe('how many of the failed were looked at, newest first'),
      people: z.int().describe('how many people they belong to'),
      actualServer: z
        .object({ value: z.string(), count: z.int(), people: z.int() })
        .nullable()
        .describe('where most of their accounts live, as these say themselves'),
      step: z.object({ value: z.string(), count: z.int() }).nullable(),
      answer: z
        .object({ status: z.int().nullable(), error: z.string().nullable(), count: z.int(), sampled: z.int() })
        .nullable()
        .describe('what the server answered most of the newest; a status of null: nothing'),
    })
    .describe('what the failed have in common'),
  change: z
    .object({ at: time, actor: z.string(), option: z.string(), from: z.string(), to: z.string() })
    .nullable()
    .describe(
      'what came just before: the change of an option, as the audit list has it, or, with an empty option, the start of a process',
    ),
  mend: Mend.nullable().describe('the way out; null when it is over'),
  course: RetryCourse.extend({ actor: z.string(), at: time })
    .nullable()
    .describe('how those went that ran again since somebody did something about it'),
  look: Look.nullable().describe('what the last look at the server found'),
  comeback: z
    .object({
      breakers: z.int().describe('worker processes that have put the server aside'),
      triedAt: time.nullable().describe('when the first of them tries it again; null: with the next connection'),
      waiting: z.int().describe('connections that wait for their next try there'),
      nextTryAt: time.nullable().describe('when the first of those that wait is tried'),
      back: z.boolean().describe('it has answered since the last of them failed'),
    })
    .nullable()
    .describe('how a server stands that passes by itself what it has; null for every other cause'),
})
export type Incident = z.infer<typeof Incident>
export const OpenIncidents = z.object({
  incidents: z.array(Incident).describe('those that go on, the one that most connects failed by first'),
  ended: Incident.nullable().describe('the last one that ended within ten minutes, where none goes on'),
})
export type OpenIncidents = z.infer<typeof OpenIncidents>
export const IncidentPage = z.object({
  incidents: z.array(Incident).describe('those that are over, newest first'),
  nextCursor: z.string().nullable(),
})
export type IncidentPage = z.infer<typeof IncidentPage>

export const Summary = z.object({
  byStatus: z.array(z.object({ status: ChannelStatus, count: z.int() })),
  byOutcome: z
    .array(z.object({ code: OutcomeCode, title: z.string(), fixBy: z.string(), count: z.int() }))
    .describe('channels that are not connected, by their outcome'),
  byHour: z
    .array(z.object({ at: time, connected: z.int(), failed: z.int() }))
    .describe('ended connects of the last 24 hours, oldest first, every hour present'),
  asked: z.int().describe('channels whose owners asked for help, 1000 at most'),
  serviceUrl: z.url(),
  atServiceUrl: z
    .object({ connected: z.int(), failed: z.int() })
    .describe('last 24 hours at the Service URL in effect'),
  incident: Incident.nullable(),
})
export type Summary = z.infer<typeof Summary>

export const RetryBody = ConnectionFilter.extend({
  all: z.literal(true).optional().describe('instead of a filter'),
}).refine((body) => Object.keys(body).length > 0, { path: ['all'], message: 'must be true where there is no filter' })
export const Retried = z.object({
  retried: z.int().describe('how many begin within a while, some at a time'),
  order: z.string().describe('for `GET /admin/retries/{id}`, which tells what came of it'),
})
export type Retried = z.infer<typeof Retried>
export const Retriable = z.object({
  count: z.int().describe('how many of the filter failed, still can run again, and may end otherwise'),
  vain: z
    .int()
    .describe('how many more could, but only another value of an option helps: they run again when that is saved'),
})
export type Retriable = z.infer<typeof Retriable>

export const About = z.object({
  signUpOpen: z.boolean(),
  mail: z.boolean().describe('the installation sends e-mail'),
})
export type About = z.infer<typeof About>

export const Me = About.extend({
  id: z.string(),
  email: z.string(),
  emailVerified: z.boolean().describe('its owner has opened a link that was sent there'),
  role: z.enum(roles),
  secondFactor: z.boolean(),
  secondFactorNeeded: z.boolean().describe('nothing else can be done before it is set up'),
  paused: z.boolean().describe('an administrator has paused Bluesky connections: nothing can be connected or checked'),
  handleDomain: z
    .string()
    .nullable()
    .describe('what completes a bare name to a handle, with its dot in front; null: not known'),
})
export type Me = z.infer<typeof Me>

export const Health = z.object({ status: z.literal('ok') })
export const StoreWord = z
  .enum(['ok', 'away', 'silent', 'read_only', 'full', 'refused', 'waiting'])
  .describe('`refused`: the credentials; `waiting`: it has not come since the start')
export type StoreWord = z.infer<typeof StoreWord>
export const Readiness = z.object({
  status: z.enum(['ok', 'unavailable']),
  mongodb: StoreWord,
  redis: StoreWord,
  since: time.optional().describe('when the first of what is not ok began'),
})

/** What a page tells of an error of its own, so that the reference on the screen is found in the log. */
export const PageError = z.strictObject({
  reference: z.string().regex(/^[\w-]{1,64}$/, 'is not a reference'),
  message: z.string().max(500),
  page: z.string().max(200),
})
