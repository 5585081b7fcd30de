// What a user does with channels, as the OpenAPI document has it.
import { z } from 'zod'
import * as shapes from '../../contract.ts'
import { operation } from './operation.ts'

const { Channel, ChannelQuery } = shapes

export const channelOperations = {
  'post /api/channels/bluesky': operation('connectBlueskyAccount', 'Connect a Bluesky account', Channel, {
    description:
      'Accepts the connect and works on it in the background; Location says where to look. The identifier is read as people copy it: with an @, in quotes, out of a link or of `Name (@handle)`; an international name becomes its ASCII form, and a bare name gets the first domain under which the server of the Service URL gives out handles. What is not surely one account is refused as `identifier_malformed`, with the reason, and so is a text that holds an app password. The same user and identifier in flight is the same channel. The password is sealed at once and destroyed as soon as it has signed in or cannot help any more, after 24 hours at the latest.',
    params: {
      header: z.object({
        'Idempotency-Key': z.string().max(255).optional().describe('repeats within 24 hours lead to the same channel'),
      }),
    },
    body: shapes.ConnectBody,
    status: 202,
    headers: ['Location'],
    errors: [
      'bad_request',
      'identifier_malformed',
      'password_not_app_format',
      'idempotency_key_reused',
      'integration_disabled',
      'too_many_in_flight',
    ],
    counted: true,
  }),
  'get /api/channels': operation(
    'listChannels',
    'List your channels, those that need somebody first',
    shapes.ChannelPage,
    {
      description:
        'By status: `action_required` and `failed`, then `retrying`, then what is under way, then `connected`; the newest first within each. A channel that changes its status while one pages may come twice, or not: the event stream tells of it.',
      params: { query: ChannelQuery },
      errors: ['bad_request'],
    },
  ),
  'get /api/channels/summary': operation(
    'getChannelSummary',
    'How many of your channels need somebody, how many are connected, and when they were checked',
    shapes.ChannelSummary,
  ),
  'get /api/channels/events': operation(
    'streamChannelEvents',
    'Follow your channels as server-sent events',
    'text/event-stream',
    {
      description:
        'Events: `snapshot` ({channels}, the first 25 of the list) on connecting and after a gap, `channel` (a channel) at every change that can be seen, `removed` ({id, mergedInto}), `removal` (as in `GET /removals`) when the session of a removed channel has come to its end. A stream ends with the session that opened it; a user has at most 20 (`too_many_streams`), and one on which more than 1 MB waits is closed.',
      errors: ['busy'],
    },
  ),
  'get /api/channels/{id}': operation(
    'getChannel',
    'Look at one channel with its attempts',
    shapes.ChannelWithAttempts,
    {
      also: { 308: { description: 'The channel was merged into another.', headers: ['Location'] } },
    },
  ),
  'delete /api/channels/{id}': operation('removeChannel', 'Remove a channel', null, {
    description:
      'The channel is gone at once; a worker ends the session at the server that opened it and forgets the secrets. `GET /removals` tells how that ended. With `appPassword`, an id out of `GET /channels/{id}/app-passwords`, that app password is deleted at the server first: that one and no other, and nothing but the session is touched without.',
    params: { query: shapes.RemoveQuery },
    status: 204,
    errors: ['app_password_unknown'],
  }),
  'post /api/channels/{id}/app-passwords': operation(
    'askForAppPasswords',
    'Ask the server for the names of the app passwords',
    shapes.AppPasswords,
    {
      description:
        'A worker renews the session and asks. No server tells which of them a session was opened with: only where there is one alone, it is that one.',
      status: 202,
      errors: ['channel_not_connected'],
      counted: true,
    },
  ),
  'get /api/channels/{id}/app-passwords': operation(
    'listAppPasswords',
    'What the server said of the app passwords',
    shapes.AppPasswords,
    {
      description: 'Kept for ten minutes.',
    },
  ),
  'post /api/channels/{id}/reconnect': operation(
    'reconnectChannel',
    'Sign in again with a new app password of the same account',
    Channel,
    {
      body: shapes.ReconnectBody,
      status: 202,
      headers: ['Location'],
      errors: ['password_not_app_format', 'integration_disabled', 'too_many_in_flight'],
      counted: true,
    },
  ),
  'post /api/channels/{id}/verify': operation('verifyChannel', 'Prove again that the channel can post', Channel, {
    status: 202,
    headers: ['Location'],
    errors: ['channel_not_connected', 'integration_disabled', 'too_many_in_flight'],
    counted: true,
  }),
  'post /api/channels/{id}/ask': operation(
    'askAdministrator',
    'Ask the administrator for help with a channel',
    Channel,
    {
      description:
        'Marks it in the list of the administrators, for as long as it stands as it does. Where an administrator cannot help: `not_for_admin`.',
      errors: ['not_for_admin'],
    },
  ),
  'post /api/channels/{id}/retry': operation('retryChannel', 'Try the failed step of a channel again now', Channel, {
    description:
      'For what waits for its next try (`retry` is `possible`). What is under way already is left alone. `channel_busy` where the server named the time of the next try, with `Retry-After`.',
    status: 202,
    headers: ['Location'],
    errors: ['channel_not_connected', 'channel_busy', 'integration_disabled', 'too_many_in_flight'],
    counted: true,
  }),
  'post /api/channels/verify': operation(
    'verifyChannels',
    'Prove again that many channels can post',
    shapes.ManyResults,
    {
      description:
        'As `POST /channels/{id}/verify` for each, with an answer for each. What comes to `too_many_in_flight` can be sent again after `retryAfterSeconds`: only so many of a user are checked at once.',
      body: shapes.ManyBody,
      counted: true,
    },
  ),
  'post /api/channels/remove': operation('removeChannels', 'Remove many channels', shapes.ManyResults, {
    description: 'As `DELETE /channels/{id}` for each, with an answer for each. No app password is deleted.',
    body: shapes.ManyBody,
  }),
  'post /api/channels/groups': operation(
    'groupChannels',
    'Add labels to channels, and take others away',
    shapes.ManyResults,
    {
      description:
        'Groups are free labels, a person’s own: a channel can carry several. The same label in capitals is the same. Where a channel would carry too many, nothing changes about it: `too_many_groups`.',
      body: shapes.GroupsBody,
    },
  ),
  'get /api/removals': operation(
    'listRemovals',
    'What became of the sessions of removed channels',
    shapes.RemovalList,
    {
      description: 'Kept for 30 days, or until it is put away.',
    },
  ),
  'delete /api/removals': operation('putRemovalsAway', 'Put away all that have ended', null, { status: 204 }),
  'delete /api/removals/{id}': operation('putRemovalAway', 'Put away how a removal ended', null, { status: 204 }),
}
