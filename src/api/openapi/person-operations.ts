// Sessions and mails of whoever is signed in, as the OpenAPI document has them.
import { z } from 'zod'
import * as shapes from '../../contract.ts'
import { operation } from './operation.ts'

const linkToken = { path: z.object({ token: z.string().describe('out of the link') }) }

export const personOperations = {
  'get /api/sessions': operation('listSessions', 'List your own sessions', shapes.SessionList),
  'delete /api/sessions': operation(
    'endOtherSessions',
    'End all your sessions except the one that asks',
    shapes.EndedSessions,
  ),
  'delete /api/sessions/{id}': operation('endSession', 'End one of your sessions', null, { status: 204 }),
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
