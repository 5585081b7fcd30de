// Sessions and mails of whoever is signed in, as the OpenAPI document has them.
import { z } from 'zod'
import * as shapes from '../../contract.ts'
import { operation, rateLimit } from './operation.ts'

const linkToken = { path: z.object({ token: z.string().describe('out of the link') }) }

export const personOperations = {
  'get /api/sessions': operation('listSessions', 'List your own sessions', shapes.SessionList),
  'delete /api/sessions': operation(
    'endOtherSessions',
    'End all your sessions except the one that asks',
    shapes.EndedSessions,
  ),
  'delete /api/sessions/{id}': operation('endSession', 'End one of your sessions', null, { status: 204 }),
  'get /api/me/export': operation('exportAccount', 'All that is kept of you, as a file', shapes.Export, {
    description: 'Account, sessions, and channels with their attempts, without secrets.',
    headers: ['Content-Disposition'],
    errors: ['too_many_requests', 'busy'],
  }),
  'post /api/me/email': operation('changeEmail', 'Change the e-mail address of your account', shapes.EmailChange, {
    description:
      'Needs a sign-in, or a password sent to `POST /api/auth/verify-password`, of the last ten minutes. Where the installation sends e-mail, the address stays as it is until the link of a mail to the new one is opened (`202`).',
    body: shapes.NewEmailBody,
    errors: ['fresh_session_needed', 'email_same', 'email_taken', 'mail_quota_used'],
    counted: true,
    also: {
      202: {
        description: 'A mail is on its way to the new address.',
        returns: shapes.EmailChange,
        headers: [...rateLimit],
      },
    },
  }),
  'post /api/me/email/confirm': operation(
    'confirmEmail',
    'Change the address with the token of the link that was sent to it',
    shapes.EmailChanged,
    {
      description: 'Needs no session. The address before is told by mail.',
      body: shapes.ProofBody,
      errors: ['link_invalid', 'email_taken'],
      counted: true,
      open: true,
    },
  ),
  'post /api/address-proof': operation(
    'proveAddress',
    'Prove an e-mail address with the token of the link that was sent there',
    shapes.Proven,
    {
      description: 'Needs no session. `mail_off` where the installation sends no e-mail.',
      body: shapes.ProofBody,
      errors: ['link_invalid', 'mail_off'],
      counted: true,
      open: true,
    },
  ),
  'get /api/subscriptions': operation('getSubscriptions', 'Which mails you get', shapes.Subscriptions, {
    description: 'Mails go to a proven address, and only where the installation sends e-mail.',
  }),
  'put /api/subscriptions': operation('chooseSubscriptions', 'Choose which mails you get', shapes.Subscriptions, {
    body: shapes.SubscriptionsBody,
  }),
  'get /api/unsubscribe/{token}': operation(
    'openUnsubscribePage',
    'From a mail to the page that switches such mails off',
    null,
    {
      description: 'Changes nothing.',
      params: linkToken,
      status: 303,
      headers: ['Location'],
      open: true,
    },
  ),
  'post /api/unsubscribe/{token}': operation(
    'unsubscribe',
    'Switch the mails of a kind off, by the link of one of them',
    shapes.Unsubscribed,
    {
      description:
        'Needs no session. A mail program sends it by itself (RFC 8058); what the body holds does not matter.',
      params: linkToken,
      errors: ['link_invalid'],
      open: true,
    },
  ),
}
