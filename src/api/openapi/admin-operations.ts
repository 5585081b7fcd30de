// What an administrator does, as the OpenAPI document has it.
import { z } from 'zod'
import * as shapes from '../../contract.ts'
import type { ErrorCode } from '../../errors.ts'
import { operation } from './operation.ts'

const { ConnectionFilter } = shapes

/** What is looked for over everything may be too much at once, or take too long. */
const bounded: ErrorCode[] = ['too_many_requests', 'busy', 'took_too_long']

export const adminOperations = {
  'get /api/admin/api-integration/bluesky': operation(
    'getOptions',
    'Read the options, with what is in effect, where it comes from and what was found there',
    shapes.ShownOptions,
  ),
  'put /api/admin/api-integration/bluesky': operation('saveOptions', 'Save the options', shapes.SavedOptions, {
    description:
      'An empty value means the environment, then the default. The Service URL is saved whatever stands there; a worker looks at it, and `look` is null until it has. Runs again what the old value broke; of those that failed for another Service URL, the ones whose accounts live at the new one. Where accounts on other servers are followed, all of them run again. Another Service URL, and another value for accounts on other servers, need a sign-in, or a password sent to `POST /api/auth/verify-password`, of the last ten minutes.',
    body: shapes.OptionsBody,
    errors: ['fresh_session_needed'],
  }),
  'post /api/admin/api-integration/bluesky/look': operation(
    'lookAtServiceUrl',
    'Look at the Service URL again',
    shapes.ShownOptions,
    {
      description:
        'A worker asks the server what it is (`describeServer`), without signing in: `look` is null until it has. It looks by itself when the Service URL is saved, at a start, daily, and every five minutes while something is wrong.',
      status: 202,
    },
  ),
  'get /api/admin/audit': operation(
    'listAudit',
    'What administrators did, who, to whom and when, newest first',
    shapes.AuditPage,
    {
      params: { query: shapes.AuditQuery },
      errors: ['bad_request'],
    },
  ),
  'get /api/admin/connections': operation(
    'listConnections',
    'List the channels of all users, failures first, or by time, server or outcome',
    shapes.ConnectionPage,
    {
      params: { query: shapes.ConnectionQuery },
      errors: ['bad_request', ...bounded],
    },
  ),
  'get /api/admin/connections/summary': operation(
    'getConnectionSummary',
    'Counts by outcome and hour, and the incident if there is one',
    shapes.Summary,
    { errors: ['took_too_long'] },
  ),
  'get /api/admin/connections/counts': operation(
    'countConnections',
    'How many channels of a filter are in which status',
    shapes.ConnectionCounts,
    {
      description:
        'Whatever status the filter asks for. Exact; where a user, a text or a time fits more than 4,000 channels, at least so many (`more`).',
      params: { query: ConnectionFilter },
      errors: [...bounded],
    },
  ),
  'get /api/admin/incidents/open': operation(
    'getOpenIncidents',
    'The incidents that go on, with what mends them and how that goes',
    shapes.OpenIncidents,
    { errors: ['took_too_long'] },
  ),
  'get /api/admin/incidents': operation(
    'listIncidents',
    'The incidents that are over, newest first',
    shapes.IncidentPage,
    {
      params: { query: shapes.PageQuery },
      errors: ['bad_request'],
    },
  ),
  'get /api/admin/retries/{id}': operation(
    'getRetryOrder',
    'What came of running many channels again',
    shapes.RetryOrder,
    { errors: ['bad_request', 'not_found', 'took_too_long'] },
  ),
  'get /api/admin/connections.csv': operation(
    'exportConnections',
    'The filtered list as a file for a spreadsheet',
    'text/csv',
    {
      headers: ['Content-Disposition'],
      params: { query: ConnectionFilter },
      errors: [...bounded],
    },
  ),
  'get /api/admin/connections/retry': operation(
    'countRetriableConnections',
    'How many failed channels of a filter can run again',
    shapes.Retriable,
    {
      params: { query: ConnectionFilter },
      errors: [...bounded],
    },
  ),
  'post /api/admin/connections/retry': operation(
    'retryConnections',
    'Run the failed step of every channel of a filter again',
    shapes.Retried,
    {
      description:
        'Takes what the list takes, and at least one of it, or `all`. They begin some at a time, those excepted that wait for a time that their server named, and those that only another value of an option helps.',
      body: shapes.RetryBody,
      errors: ['integration_disabled'],
      counted: true,
    },
  ),
  'post /api/admin/connections/act': operation(
    'actOnConnections',
    'Try again, remove, or mark as seen up to 100 channels, or take that mark off',
    shapes.ActResults,
    {
      description:
        'As the calls for a single one, one after the other, with an answer for each and an entry in the audit list for each that was done. A mark says who has seen how it stands, and is over when its status changes.',
      body: shapes.ActBody,
    },
  ),
  'get /api/admin/connections/{id}': operation(
    'getConnection',
    'Look at one channel of any user',
    shapes.ConnectionWithAttempts,
  ),
  'delete /api/admin/connections/{id}': operation('disconnectConnection', 'Disconnect a channel of any user', null, {
    description: 'As if its user had removed it: ends the session on the server and forgets the secrets.',
    status: 204,
  }),
  'post /api/admin/connections/{id}/retry': operation(
    'retryConnection',
    'Run the failed step of a channel again',
    shapes.Connection,
    {
      status: 202,
      errors: ['channel_not_connected', 'channel_busy', 'integration_disabled'],
      counted: true,
    },
  ),
  'get /api/admin/people': operation('listPeople', 'List the accounts, newest first', shapes.PersonPage, {
    params: { query: shapes.PeopleQuery },
    errors: ['bad_request', ...bounded],
  }),
  'post /api/admin/people': operation('invitePerson', 'Invite somebody', shapes.Invited, {
    description:
      'Makes an account without a password, and a link that sets one: for seven days, once. It is shown here alone; where the installation sends e-mail, another one is mailed.',
    body: shapes.InviteBody,
    status: 201,
    errors: ['fresh_session_needed', 'email_taken', 'email_malformed'],
    counted: true,
  }),
  'get /api/admin/people/{id}': operation(
    'getPerson',
    'One account with its sessions and what was done to it',
    shapes.PersonDetails,
  ),
  'delete /api/admin/people/{id}/second-factor': operation(
    'resetSecondFactor',
    'Turn the second factor of somebody off',
    null,
    {
      description:
        'For somebody who has lost it: their password alone signs in until they set up another one. They are told by mail. Where there is none, nothing happens.',
      status: 204,
      errors: ['fresh_session_needed', 'not_yourself'],
      counted: true,
    },
  ),
  'delete /api/admin/people/{id}/sessions/{sessionId}': operation(
    'endSessionOfPerson',
    'End one session of somebody',
    null,
    {
      params: { path: z.object({ id: z.string().describe('id of the person'), sessionId: z.string() }) },
      status: 204,
      errors: ['fresh_session_needed', 'session_not_found'],
      counted: true,
    },
  ),
  'post /api/admin/people/{id}/password-link': operation(
    'makePasswordLink',
    'Make a link to a new password for somebody',
    shapes.PasswordLink,
    {
      description:
        'For a day, once; the one before is void. Their password counts until it is used. For somebody who was invited it is the invitation anew.',
      status: 201,
      errors: ['fresh_session_needed'],
      counted: true,
    },
  ),
}
