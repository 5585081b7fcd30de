// What a channel, an account and a server are called on the pages.
import type { Channel } from '../../contract.ts'

export const nameOf = ({ displayName, handle, identifier }: Channel) => displayName || handle || identifier

/** Handles are read with an @; e-mail addresses and account ids are not. */
export const atHandle = (text: string) => (/[@:]/.test(text) ? text : `@${text}`)

export const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : url)
