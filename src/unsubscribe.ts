// The links that switch mails off: who has one proves nothing else by it, and needs no session.
import type { Config } from './config.ts'
import { topics, type Topic } from './db/subscriptions.ts'

export interface Unsubscription {
  userId: string
  topic: Topic
  /** of the user's subscription */
  key: string
}

/** A POST switches them off (RFC 8058); a GET leads to the page that asks first. */
export const unsubscribeUrl = ({ http }: Pick<Config, 'http'>, { userId, topic, key }: Unsubscription): string =>
  `${http.baseUrl}/api/unsubscribe/${topic}.${userId}.${key}`

/** @returns null for what cannot be the end of such a link */
export function readUnsubscription(token: string): Unsubscription | null {
  const [, name, userId = '', key = ''] = /^([a-z]+)\.([0-9a-f]{24})\.([\w-]{32})$/.exec(token) ?? []
  const topic = topics.find((one) => one === name)
  return topic ? { userId, topic, key } : null
}
