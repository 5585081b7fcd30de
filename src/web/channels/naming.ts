// What a channel, an account and a server are called on the pages, and when a channel was checked.
import type { Channel } from '../../contract.ts'
import { shownHandle } from '../../input/shown.ts'

/** Where people make and delete app passwords, whichever server their account is on. */
export const appPasswordsPage = 'https://bsky.app/settings/app-passwords'

type Named = Pick<Channel, 'displayName' | 'handle' | 'identifier'>

/** Handle, e-mail address or account id, as people read it. */
export const accountOf = ({ handle, identifier }: Omit<Named, 'displayName'>) => shownHandle(handle ?? identifier)

export const nameOf = ({ displayName, ...channel }: Named) => displayName || accountOf(channel)

/** Handles are read with an @; e-mail addresses and account ids are not. */
export const atHandle = (text: string) => (/[@:]/.test(text) ? text : `@${text}`)

/** When it was looked at last, whatever that came to; null: never. */
export const checkedAt = ({ fault, lastVerifiedAt }: Pick<Channel, 'fault' | 'lastVerifiedAt'>) =>
  fault?.at ?? lastVerifiedAt

export const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : url)
