// Says in one word why an answer is none of a Bluesky server's own, for whoever runs that server or this program.
import type { Answer, Call, Fault } from './evidence.ts'

/** Something in front of the server keeps us out: with a page of its own, by a status, or by sending us elsewhere. */
export type Wall = 'challenge' | 'sign_in' | 'forbidden' | 'legal' | 'detour'

export const reasons = [
  ...(['challenge', 'sign_in', 'forbidden', 'legal', 'detour'] satisfies Wall[]),
  'maintenance',
  'own_fault',
  'page',
  'another_form',
  'redirect',
  'redirect_unnamed',
  'no_such_name',
  'name_not_found_out',
  'nobody_listens',
  'cut_off',
  'no_answer_in_time',
  'no_way',
  'unreadable',
  'untrusted_certificate',
  'expired_certificate',
  'certificate_of_another_name',
  'no_safe_connection',
  'not_https',
  'port',
  'inside_name',
  'address',
  'resolved_to',
] as const
export type Reason = (typeof reasons)[number]

/** Ranges of addresses that are told apart; whatever else is not public is `special`. */
export const addressKinds = [
  'loopback',
  'private',
  'shared',
  'link_local',
  'unspecified',
  'reserved',
  'special',
] as const
export type AddressKind = (typeof addressKinds)[number]

/** @param origin that was asked */
export function wallOf(answer: Answer, origin: string): Wall | null {
  if (answer.kind === 'ok') return null
  if (answer.kind === 'fault') return detourOf(answer.fault, origin)
  const says = answer.front?.says
  if (says === 'challenge') return says
  if (answer.kind === 'invalid' || answer.xrpc) return null
  return wallByStatus(answer.status, says === 'sign_in', answer.front?.page === true)
}

function wallByStatus(status: number, wantsSignIn: boolean, isPage: boolean): Wall | null {
  switch (status) {
    case 401:
      // Some servers refuse a password in plain text, or without a word (docs/at-protocol.md §1.1).
      return wantsSignIn || isPage ? 'sign_in' : null
    case 403:
    case 406:
      return 'forbidden'
    case 407:
      return 'sign_in'
    case 451:
      return 'legal'
    default:
      return null
  }
}

const signInServices =
  /(^|\.)(cloudflareaccess\.com|login\.microsoftonline\.com|accounts\.google\.com|okta\.com|auth0\.com)$/

/** No PDS redirects: to another page of the same server, or to a sign-in for people, sends something in front of it. */
function detourOf(fault: Fault, origin: string): Wall | null {
  const target = redirectTarget(fault)
  if (!target) return null
  if (target === origin) return 'detour'
  return signInServices.test(new URL(target).hostname) ? 'sign_in' : null
}

const likeAppPassword = /[a-z0-9]{4}(-[a-z0-9]{4}){3}/

/** The origin that a redirect points to, where it is one. */
export function redirectTarget({ reason, detail }: Fault): string | null {
  const url = reason === 'redirect' && !likeAppPassword.test(detail) ? URL.parse(detail) : null
  return url && /^https?:$/.test(url.protocol) && url.origin === detail && detail.length <= 200 ? detail : null
}

const certificateReasons = new Map<string, Reason>([
  ['tls_untrusted', 'untrusted_certificate'],
  ['tls_expired', 'expired_certificate'],
  ['tls_wrong_name', 'certificate_of_another_name'],
])

/** The certificate does not hold: the server was reached, and nothing was sent to it. */
export const badCertificate = (answer: Answer): boolean =>
  answer.kind === 'fault' && certificateReasons.has(answer.fault.reason)

const faultReasons = new Map<string, Reason>([
  ...certificateReasons,
  ['tls_failed', 'no_safe_connection'],
  ['dns_not_found', 'no_such_name'],
  ['dns_failed', 'name_not_found_out'],
  ['refused', 'nobody_listens'],
  ['reset', 'cut_off'],
  ['closed', 'cut_off'],
  ['truncated', 'cut_off'],
  ['timeout', 'no_answer_in_time'],
  ['aborted', 'no_answer_in_time'],
  ['network', 'no_way'],
  ['header_too_large', 'unreadable'],
  ['body_too_large', 'unreadable'],
  ['decode_failed', 'unreadable'],
  ['protocol_error', 'unreadable'],
])

/** @returns null where the answer says all there is to say */
export function reasonOf(answer: Answer, origin: string): Reason | null {
  const wall = wallOf(answer, origin)
  if (wall) return wall
  if (answer.kind === 'ok') return null
  if (answer.kind === 'fault') {
    const { reason } = answer.fault
    if (reason === 'redirect') return redirectTarget(answer.fault) ? 'redirect' : 'redirect_unnamed'
    return reason === 'blocked' ? blockedReason(answer.fault, origin) : (faultReasons.get(reason) ?? null)
  }
  if (answer.front?.says === 'maintenance') return 'maintenance'
  if (answer.kind === 'error' && answer.status >= 500 && answer.status !== 501) return 'own_fault'
  if (answer.front?.page) return 'page'
  return answer.kind === 'error' && answer.xrpc && ![404, 405, 501].includes(answer.status) ? null : 'another_form'
}

/** A host that is an address in itself, and no name. */
const isAddress = (origin: string) => /^(\[.*\]|[\d.]+)$/.test(URL.parse(origin)?.hostname ?? '')

function blockedReason({ detail }: Fault, origin: string): Reason | null {
  if (addressKind(detail)) return isAddress(origin) ? 'address' : 'resolved_to'
  if (detail.startsWith('scheme')) return 'not_https'
  if (detail.startsWith('port')) return 'port'
  return detail === 'name of the inside' ? 'inside_name' : null
}

const kindsByClass: Record<string, AddressKind> = {
  loopback: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  carrierGradeNat: 'shared',
  linkLocal: 'link_local',
  unspecified: 'unspecified',
  reserved: 'reserved',
  benchmarking: 'reserved',
}

/** Which kind of address was refused. @param detail of a `blocked` fault @returns null where it was no address */
export function addressKind(detail: string): AddressKind | null {
  const found = /^address (\w+)$/.exec(detail)?.[1]
  return found ? (kindsByClass[found] ?? 'special') : null
}

/**
 * What the words of an outcome tell of an answer. Only an administrator reads them.
 * @param call with which a server was told something in confidence, absent where it was told nothing: one that knows the
 * app password of a sign-in before could name it as an address, and nobody here can compare any more
 */
export function answerSeen({ answer, serviceUrl, call = 'createSession' }: AnswerTo) {
  const reason = reasonOf(answer, serviceUrl)
  const isFault = answer.kind === 'fault'
  const target = isFault && call === 'createSession' && redirectTarget(answer.fault)
  const address = isFault && answer.fault.reason === 'blocked' && addressKind(answer.fault.detail)
  const product = answer.kind !== 'ok' && !isFault && answer.front?.product
  return {
    ...(reason ? { reason: reason === 'redirect' && !target ? 'redirect_unnamed' : reason } : {}),
    ...(target ? { target } : {}),
    ...(address ? { address } : {}),
    ...(product ? { product } : {}),
  }
}

interface AnswerTo {
  answer: Answer
  serviceUrl: string
  call?: Call
}
