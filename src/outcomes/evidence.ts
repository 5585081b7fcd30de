// The shape of what was seen of a server and of an identity: what the outcome catalogue decides on.
import { answerSeen } from './reasons.ts'
import type { OutcomeParams } from './words.ts'

export type Step = 'connect' | 'verify' | 'check' | 'disconnect'
/** A step whose outcome people see: nobody watches the end of what was removed, and a check verifies. */
export type SeenStep = Exclude<Step, 'check' | 'disconnect'>

/** Why a request got no answer that can be read. Mirrors the reasons of the guarded HTTP client. */
export interface Fault {
  reason: string
  /** one short technical phrase for the attempt's record, never a secret */
  detail: string
}

/** What an answer that is not XRPC tells of who sent it: the server itself, or something in front of it. */
export interface Front {
  /** a page for people, where JSON was due */
  page: boolean
  /** it wants to be shown a person at a browser, or a sign-in of its own, or it is closed for a while */
  says: 'challenge' | 'sign_in' | 'maintenance' | null
  /** the name of a product that we know, never words of the answer */
  product: string | null
}

/** What one call to a server gave. */
export type Answer =
  | { kind: 'ok'; status: number }
  /**
   * an error answer; `error` and `message` are empty where the server sent none, `xrpc` is false where the body was not
   * XRPC JSON
   */
  | { kind: 'error'; status: number; error: string; message: string; xrpc: boolean; limit: Limit | null; front?: Front }
  /** a success status with a body that is not what the method returns */
  | { kind: 'invalid'; status: number; detail: string; front?: Front }
  | { kind: 'fault'; fault: Fault }

/** What an answer said about when to come back (docs/at-protocol.md §1.4). */
export interface Limit {
  /** e.g. `30;w=300` */
  policy: string | null
  /** when the server said the limit ends, already checked for sense; null when it did not say */
  endsAt: Date | null
}

/** State of a repository as `com.atproto.sync.getRepoStatus` tells it. */
export type RepoState = 'active' | 'deactivated' | 'takendown' | 'suspended' | 'deleted' | 'not_found' | 'unknown'

/** What an independent lookup of the identity found (docs/at-protocol.md §4). Absent parts were not looked at or could not be had. */
export interface Identity {
  /** DID that the identifier leads to; null when it leads nowhere */
  did?: string | null
  /** does the DID document name the handle in return */
  handleConfirmed?: boolean
  /** handle that the DID document names first */
  documentHandle?: string
  /** that handle, where it leads to the account in return */
  currentHandle?: string
  /** origin of the server that the DID document names; null when it names none */
  pdsUrl?: string | null
  /** the DID has no document any more */
  didGone?: boolean
  /** origin that signs in for `pdsUrl`: that server itself, or its entryway */
  signInUrl?: string
  /** who signs in for `pdsUrl` could not be had: it may be the server that was asked */
  entrywayUnknown?: boolean
  /** the server asked is, or hands sign-ins on to, the entryway that signs in for `pdsUrl` */
  servedByEntryway?: boolean
  /** `pdsUrl` is another address of the server that was asked, as far as the two say of themselves */
  sameServer?: boolean
  /** state on the server that was asked */
  repoHere?: RepoState
  /** state on the server that the DID document names */
  repoThere?: RepoState
  /** `_health` version of the server that was asked */
  version?: string
  /** a lookup failed for a passing reason (DNS, directory or network trouble) */
  unavailable?: boolean
}

/** The scope of an access token, read only to explain (docs/at-protocol.md §3). */
export interface SessionSeen {
  did: string
  handle: string
  active: boolean
  status: string | null
  scope: string | null
}

/** Whether Bluesky itself shows an account: it may hide it, or not know it yet. */
export type BlueskyView = 'shown' | 'hidden' | 'unknown'

export type Call =
  | 'createSession'
  | 'refreshSession'
  | 'deleteSession'
  | 'listAppPasswords'
  | 'revokeAppPassword'
  | 'getSession'
  | 'deleteRecord'
  | 'createRecord'

/** All that a step saw, as the catalogue's detection reads it. */
export interface Evidence {
  step: Step
  /** origin that was asked */
  serviceUrl: string
  /** the public record of the account named that origin, not a setting of ours */
  namedByAccount?: boolean
  /** sign-ins go to the server that each account names: no setting is to blame for one that went elsewhere */
  followsIdentity?: boolean
  /** nobody was asked, nor has that server refused the password before: whatever it calls itself, it was not tried */
  unasked?: boolean
  call: Call
  answer: Answer
  session?: SessionSeen
  /** an e-mail address was given, which only the server itself can look up */
  byEmail?: boolean
  /** DID that the channel belongs to already, or that the identifier names */
  expectedDid?: string | null
  identity?: Identity
  /** `_health` version of the server, where the check asked for it */
  version?: string
  /** of the account, likewise */
  accountState?: RepoState
  /** a refused refresh: the session had had its time */
  ranOut?: boolean
  /** of `deleteSession`: the session is over */
  ended?: boolean
  /** what became of the test post; `left`: it was published and could not be removed */
  testPost?: 'refused_as_it_should' | 'not_tried' | 'inconclusive' | 'published' | 'left'
  /** a test post of an earlier check could not be removed */
  leftBefore?: boolean
  /** of the session that the test post was made with */
  sessionScope?: string | null
  /** Bluesky's own view of the account, where the server itself has no objection */
  onBluesky?: BlueskyView | undefined
}

/** What the answer said about when to come back. */
export const limitOf = ({ answer }: Pick<Evidence, 'answer'>): Limit | null =>
  answer.kind === 'error' ? answer.limit : null

/** What servers say of an account whose handle is nobody's. */
const NO_HANDLE = 'handle.invalid'

/**
 * The names that were seen, for the words of an outcome.
 * @param identifier what was entered: where another account goes by that name as well, its DID tells them apart
 */
export function namesSeen({ identity, session, ...asked }: Evidence, identifier: string): OutcomeParams {
  const actualServer = identity?.signInUrl ?? identity?.pdsUrl
  const tellsApart = session && ![identifier, NO_HANDLE].includes(session.handle)
  const ofSession = tellsApart ? session.handle : session?.did
  const seenHandle = ofSession ?? identity?.documentHandle
  return {
    ...(actualServer ? { actualServer } : {}),
    ...(seenHandle ? { seenHandle } : {}),
    ...(identity?.currentHandle ? { currentHandle: identity.currentHandle } : {}),
    ...answerSeen(asked),
  }
}
