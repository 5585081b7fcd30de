// What of the evidence tells one outcome from another.
import type { Evidence, RepoState } from './evidence.ts'
import { badCertificate, reasonOf, wallOf } from './reasons.ts'

// What a server said, whatever its kind: name first, message second, status last (docs/at-protocol.md §7).
const errorName = ({ answer }: Evidence) => (answer.kind === 'error' ? answer.error : '')
export const message = ({ answer }: Evidence) => (answer.kind === 'error' ? answer.message : '')
export const status = ({ answer }: Evidence) => (answer.kind === 'error' ? answer.status : 0)
/** rsky has the name of an error in its message, as ``AccountTakedown: `words` ``. */
const nameInMessage = (seen: Evidence) => /^`?([A-Za-z]{3,40})`?: /.exec(message(seen))?.[1] ?? ''
export const named = (seen: Evidence, ...names: string[]) =>
  names.includes(errorName(seen)) || names.includes(nameInMessage(seen))
export const policy = ({ answer }: Evidence) => (answer.kind === 'error' ? (answer.limit?.policy ?? '') : '')
/** Kept out by something in front of the server, so that nothing was said of the account. */
export const walled = ({ answer, serviceUrl }: Evidence) => wallOf(answer, serviceUrl) !== null
export const certificateFails = ({ answer }: Evidence) => badCertificate(answer)
export const limited = (seen: Evidence) => (status(seen) === 429 || named(seen, 'RateLimitExceeded')) && !walled(seen)
export const faulty = (seen: Evidence, ...reasons: string[]) =>
  seen.answer.kind === 'fault' && reasons.includes(seen.answer.fault.reason)
export const signedIn = (seen: Evidence) => seen.session !== undefined
export const writing = ({ call }: Evidence) => call === 'deleteRecord' || call === 'createRecord'
/** A handle can be pointed at anybody's account: only one that the account names in return stands for it. */
const mayBeAnothers = ({ step, expectedDid, identity }: Evidence) =>
  step === 'connect' && !expectedDid && identity?.handleConfirmed === false
function repo(seen: Evidence) {
  if (mayBeAnothers(seen)) return undefined
  const { repoHere, repoThere } = seen.identity ?? {}
  // What an account that moved away has left behind says nothing of it.
  const states = livesElsewhere(seen) ? [repoThere] : [repoHere, repoThere]
  return states.find((state) => state && !['unknown', 'not_found', 'active'].includes(state))
}

/** Of an account, by a look at it: that tells more than a word in a refusal, which may stand for several states (Custos). */
export const inState = (seen: Evidence, state: RepoState) =>
  seen.accountState === state || (seen.answer.kind === 'error' && repo(seen) === state)

/** The server counts the sign-ins of one account, and says so. All others count what comes from an address (§1.4). */
export const limitsAccount = (seen: Evidence) =>
  policy(seen) !== '' || named(seen, 'AccountLocked') || /failed (login )?attempts/i.test(message(seen))

/** A sign-in refused without telling why (docs/at-protocol.md §1.1, §2.4). */
export const refusedSignIn = (seen: Evidence): boolean =>
  seen.call === 'createSession' &&
  seen.answer.kind === 'error' &&
  !limited(seen) &&
  !walled(seen) &&
  (named(
    seen,
    'AuthenticationRequired',
    'AuthenticationFailed',
    'Unauthorized',
    'InvalidLogin',
    'InvalidCredentials',
  ) ||
    /invalid (identifier|credentials|password|login|username|handle)/i.test(message(seen)) ||
    // cocoon says no more than this
    (named(seen, 'InvalidRequest') && message(seen) === '') ||
    unknownHere(seen) ||
    status(seen) === 401)

/** A server that says outright that it does not have the account. */
export const unknownHere = (seen: Evidence) =>
  named(seen, 'AccountNotFound', 'RepoNotFound') ||
  /could not find (repo|user info)|\b(repo|account|user)\b.{0,300}\bnot found/i.test(message(seen))

/** It did answer, only not as it should. */
export const answeredOddly = (seen: Evidence) =>
  faulty(seen, 'redirect', 'body_too_large', 'header_too_large', 'decode_failed', 'protocol_error')

const closedForNow = ({ answer, serviceUrl }: Evidence) => reasonOf(answer, serviceUrl) === 'maintenance'

/** An answer without the form of the protocol: from another kind of server. */
const strange = (seen: Evidence) => {
  const { answer } = seen
  if (walled(seen) || closedForNow(seen)) return false
  if (answer.kind !== 'error') return answer.kind === 'invalid' || answeredOddly(seen)
  if (answer.status >= 500 || [401, 408, 425].includes(answer.status)) return false
  if (answer.xrpc) return [404, 405].includes(answer.status) && answer.message === ''
  return answer.message === '' || [404, 405, 410].includes(answer.status)
}

/** A strange answer tells it at the sign-in alone: what gave a session is a PDS, and such an answer later will pass. */
export const notAPds = (seen: Evidence) =>
  (seen.call === 'createSession' && strange(seen)) ||
  // A PDS may fail at the test post alone.
  (seen.testPost !== 'inconclusive' &&
    (named(seen, 'XRPCNotSupported', 'MethodNotImplemented') || status(seen) === 501))

/** A fault of the server's own. */
export const broken = (seen: Evidence) =>
  (status(seen) >= 500 ||
    [408, 425].includes(status(seen)) ||
    named(seen, 'UpstreamFailure', 'UpstreamTimeout', 'NotEnoughResources', 'InternalServerError') ||
    closedForNow(seen) ||
    strange(seen)) &&
  !walled(seen) &&
  !(seen.answer.kind === 'error' && seen.testPost === 'inconclusive')

export function livesElsewhere({ identity, serviceUrl, unasked }: Evidence): boolean {
  if (!identity?.pdsUrl || identity.pdsUrl === serviceUrl || identity.servedByEntryway) return false
  return !identity.sameServer || unasked === true
}
/** A handle can be pointed at anybody's account: only one that the account names in return tells where it lives. */
export const surelyElsewhere = (seen: Evidence) => livesElsewhere(seen) && seen.identity?.handleConfirmed !== false

/** The server that was asked is not the one of the account: what it refuses says nothing of the password. */
export const elsewhere = (seen: Evidence) =>
  (refusedSignIn(seen) || unknownHere(seen) || (seen.call === 'createSession' && named(seen, 'AccountMigrated'))) &&
  surelyElsewhere(seen)

/** Some servers turn every refusal into a fault (rsky, bluepds): what was found out about the account says which one it is. */
export const explained = (seen: Evidence) =>
  seen.step === 'verify' &&
  broken(seen) &&
  (repo(seen) !== undefined || seen.identity?.repoThere === 'not_found' || livesElsewhere(seen))
/** The server renews the session no more. */
export const lostSession = (seen: Evidence) => seen.call === 'refreshSession' && seen.answer.kind === 'error'

export const isDeleted = (seen: Evidence) => inState(seen, 'deleted') && !livesElsewhere(seen)

/** It is not there, or not any more: as the server says, or as a look at it found. */
export const notHere = (seen: Evidence) => {
  const { identity, byEmail, accountState } = seen
  if (accountState === 'not_found' || isDeleted(seen)) return true
  // Of an identifier that is not what the server knows an account by, it says the same (millipds).
  const isMisspelt = identity?.did === null || byEmail === true || identity?.repoHere === 'active'
  if (unknownHere(seen) && !surelyElsewhere(seen) && !(seen.call === 'createSession' && isMisspelt)) return true
  const isWordless = refusedSignIn(seen) || explained(seen) || lostSession(seen)
  return isWordless && !livesElsewhere(seen) && identity?.repoThere === 'not_found'
}

/** By its version; a commit of 40 hex digits tells nothing, because servers with and without have that there. */
export const withoutAppPasswords = ({ identity, version = identity?.version ?? '' }: Evidence) =>
  /^(cocoon|millipds)\b/i.test(version)

/** Any answer to a removal but a passing fault: nothing more can be done. Rate limits come earlier in the table. */
export const removalDone = (seen: Evidence) =>
  seen.step === 'disconnect' &&
  !walled(seen) &&
  (faulty(seen, 'blocked') || notAPds(seen) || !(seen.answer.kind === 'fault' || broken(seen)))
