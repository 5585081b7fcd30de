// The kinds of mail that the program sends, and what each needs to be written.

/** Kept with the order: nothing of it is a secret. A link with a token in it is `MailOrder.link`. */
export interface MailParams {
  /** link: to the page that takes the new password */
  password_reset: Record<string, never>
  password_changed: Record<string, never>
  /** link: to the page that proves the address */
  address_proof: Record<string, never>
  /** somebody signs up with an address that has an account already */
  address_taken: Record<string, never>
}

export type MailKind = keyof MailParams

interface Kind {
  /** somebody waits for it: before all that are not */
  urgent: boolean
  /** only to addresses that their owner has proved */
  provenOnly: boolean
}

export const mailKinds: Record<MailKind, Kind> = {
  password_reset: { urgent: true, provenOnly: false },
  password_changed: { urgent: true, provenOnly: false },
  address_proof: { urgent: true, provenOnly: false },
  address_taken: { urgent: true, provenOnly: false },
}
