// Fills the texts of outcomes with the names of what they are about.
import type { OutcomeCode } from './catalogue.ts'
import type { SeenStep } from './evidence.ts'
import type { AddressKind, Reason } from './reasons.ts'

/** What only an administrator may read: how an answer came about, and what kind of address a name leads to. */
export const adminParams = ['reason', 'address', 'target', 'product'] as const

/** What the words of an outcome name: filled into the braces of its texts. */
export type OutcomeParams = Partial<
  Record<
    | 'server'
    | 'actualServer'
    | 'identifier'
    | 'seenHandle'
    | 'currentHandle'
    | 'reference'
    | 'serviceUrl'
    | 'unsaved'
    | 'setting'
    | (typeof adminParams)[number],
    string
  >
>

/** Where the Service URL that an outcome is about comes from; `other`: another one is in effect by now. */
export const settings = ['saved', 'saved_alone', 'env', 'default', 'other'] as const
export type Setting = (typeof settings)[number]

/** Words for what is told by a word alone; `{name}` in them is filled too. */
export interface Phrases {
  reason: Record<Reason, string>
  address: Record<AddressKind, string>
  /** how an admin changes that address; `{unsaved}` is what is in effect once nothing is saved */
  setting: Record<Setting, string>
}

/** In English. */
export const phrases: Phrases = {
  reason: {
    challenge: 'it wants to be shown a person at a browser',
    sign_in: 'it asks for a sign-in of its own before it lets anybody through',
    forbidden: 'it refuses what comes from here',
    legal: 'it refuses for legal reasons',
    detour: 'it sends requests on to another page of its own',
    maintenance: 'it says that it is closed for maintenance',
    own_fault: 'it says itself that something is wrong there',
    page: 'it answers with a web page',
    another_form: 'its answer has another form',
    redirect: 'it sends requests on; probably meant: {target}',
    redirect_unnamed: 'it sends requests on to another address',
    no_such_name: 'there is no such name',
    name_not_found_out: 'the name servers gave no answer about its name',
    nobody_listens: 'nothing listens at that address and port',
    cut_off: 'the connection was cut off',
    no_answer_in_time: 'no answer came in time',
    no_way: 'there is no way to it from this machine',
    unreadable: 'its answer is too long or cannot be read',
    untrusted_certificate: 'its certificate was issued by nobody whom this machine trusts',
    expired_certificate: 'its certificate has expired or is not valid yet',
    certificate_of_another_name: 'its certificate is for another name',
    no_safe_connection: 'no safe connection could be agreed on',
    not_https: 'it is not an https address',
    port: 'it names another port than 443',
    inside_name: 'its name is one of an inner network',
    address: 'that is {address}',
    resolved_to: 'the name server of this machine answers with {address} for it',
  },
  address: {
    loopback: 'an address of this machine itself (127.… or ::1)',
    private: 'a private address (10.…, 172.16.… to 172.31.…, 192.168.… or fc00::/7)',
    shared: 'an address inside a provider’s network (100.64.…)',
    link_local: 'an address of the local link (169.254.… or fe80::)',
    unspecified: 'no real address (0.0.0.0 or ::)',
    reserved: 'an address that no public server has (198.18.… or another reserved range)',
    special: 'an address of a special range',
  },
  setting: {
    saved: 'Service URL is set to {serviceUrl} in the settings: correct it there, or empty it to go by {unsaved}.',
    saved_alone: 'Service URL is set to {serviceUrl} in the settings: correct it there.',
    env: 'The address comes from BLUESKY_SERVICE_URL in the environment: correct it there and restart, or save a Service URL in the settings, which goes before it.',
    default:
      'No Service URL is set, so sign-ins go to {serviceUrl}: save one in the settings if your accounts live elsewhere.',
    other: 'Service URL is {serviceUrl} now, not this address.',
  },
}

/** The words of an outcome in a language. */
export interface OutcomeText {
  title: string
  cause: string
  fix: string
  adminFix?: string
}

/** All words of outcomes in a language other than English, whose own are in the catalogue. */
export interface OutcomeTexts extends Record<OutcomeCode, OutcomeText> {
  /** what to do where it is not tried by itself any more */
  givenUp: Record<SeenStep, string>
  phrases: Phrases
}

/** In English. The catalogue says what happens as long as it is tried again or waited for; after that somebody has to begin anew. */
export const givenUp: OutcomeTexts['givenUp'] = {
  connect: 'We no longer try by ourselves and no longer have the app password. Reconnect when the cause is gone.',
  verify: 'We no longer try by ourselves. Try again when the cause is gone.',
}

/** The phrase for a value that is only a word. */
const phraseFor = (all: Phrases, name: string, value: string): string | undefined =>
  (all[name as keyof Phrases] as Record<string, string> | undefined)?.[value]

/**
 * Fills the braces of a text. What stands in brackets is left out where a name in it is not known, and so is a whole
 * sentence: one with a gap would say something that is not so.
 */
export function fill(text: string, params: Partial<Record<string, string>>, words = phrases): string {
  const valueOf = (name: string): string | undefined => {
    const value = params[name]
    if (!value) return undefined
    const phrase = phraseFor(words, name, value)
    return phrase ? fill(phrase, params, words) : value.replace(/^https?:\/\//, '')
  }
  const isWhole = (part: string) => [...part.matchAll(/\{(\w+)\}/g)].every(([, name = '']) => valueOf(name))
  return text
    .replace(/\[([^\]]*)\]/g, (_, part: string) => (isWhole(part) ? part : ''))
    .split(/(?<=[.!?])\s+/)
    .filter(isWhole)
    .join(' ')
    .replace(/\{(\w+)\}/g, (_, name: string) => valueOf(name) ?? '')
}

/** Without what is for administrators alone. */
export const forUsers = (params: OutcomeParams): OutcomeParams =>
  Object.fromEntries(Object.entries(params).filter(([name]) => !adminParams.some((one) => one === name)))

/** Says a number of seconds in the words of a language, the coarser the longer it is. */
export function inWords(seconds: number, locale: string): string {
  const [count, unit] = roughly(seconds)
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'long',
    maximumFractionDigits: 0,
  }).format(count)
}

function roughly(seconds: number): [count: number, unit: string] {
  if (seconds < 120) return [seconds, 'second']
  if (seconds < 7200) return [seconds / 60, 'minute']
  return [seconds / 3600, 'hour']
}
