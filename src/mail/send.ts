// Orders a mail and puts its job into the queue at once.
import type { Context } from '../context.ts'
import { orderMail, type MailOrder } from '../db/mails.ts'
import { enqueueMail } from '../jobs.ts'
import { mailKinds, type MailKind } from './kinds.ts'

type Needs = Pick<Context, 'config' | 'db' | 'queues' | 'stores' | 'seal'>

/**
 * Does nothing where e-mail is off. What is ordered reaches its end whatever happens afterwards (src/db/mails.ts).
 * @param order its link as it is: it is sealed here
 * @returns false: it was ordered before, or e-mail is off
 */
export async function sendMail<K extends MailKind>(context: Needs, order: MailOrder<K>): Promise<boolean> {
  const { config, db, seal } = context
  if (!config.mail) return false
  const sealed = order.link === undefined ? {} : { link: await seal('link', order.id, order.link) }
  if (!(await orderMail(db, { ...order, ...sealed }))) return false
  await enqueueMail(context, { mailId: order.id, requestId: order.requestId }, mailKinds[order.kind])
  return true
}
