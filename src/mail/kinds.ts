// The kinds of mail that the program sends, and what each needs to be written.
import type { Topic } from '../db/subscriptions.ts'
import type { ToldChannel, ToldIncident } from './notices.ts'

/** Kept with the order: nothing of it is a secret. A link with a token in it is `MailOrder.link`. */
export interface MailParams {
  /** link: to the page that takes the new password */
  password_reset: Record<string, never>
  password_changed: Record<string, never>
  /** an administrator has turned it off */
  second_factor_reset: Record<string, never>
  /** link: to the page that proves the address */
  address_proof: Record<string, never>
  /** link: to the page that sets the first password of an account that an administrator made */
  invitation: Record<string, never>
  /** link: as of `password_reset`, made by an administrator */
  password_link: Record<string, never>
  /** to another address than that of the account. link: to the page that makes it the account's */
  email_change: Record<string, never>
  /** to the address that the account had */
  email_changed: Record<string, never>
  /** somebody signs up with an address that has an account already */
  address_taken: Record<string, never>
  /** link: to the page that switches these mails off */
  channels: { broken: ToldChannel[]; well: ToldChannel[]; more: { broken: number; well: number } }
  /** link: as of `channels` */
  incidents: { opened: ToldIncident[]; closed: ToldIncident[] }
}

export type MailKind = keyof MailParams

interface Kind {
  /** somebody waits for it: before all that are not */
  urgent: boolean
  /** only to addresses that their owner has proved */
  provenOnly: boolean
  /** whoever switched this off gets none */
  topic?: Topic
}

export const mailKinds: Record<MailKind, Kind> = {
  password_reset: { urgent: true, provenOnly: false },
  password_changed: { urgent: true, provenOnly: false },
  second_factor_reset: { urgent: true, provenOnly: false },
  address_proof: { urgent: true, provenOnly: false },
  invitation: { urgent: true, provenOnly: false },
  password_link: { urgent: true, provenOnly: false },
  email_change: { urgent: true, provenOnly: false },
  email_changed: { urgent: true, provenOnly: false },
  address_taken: { urgent: true, provenOnly: false },
  channels: { urgent: false, provenOnly: true, topic: 'channels' },
  incidents: { urgent: false, provenOnly: true, topic: 'incidents' },
}
