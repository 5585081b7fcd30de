// What a step is: where it goes, what it asks there, and what it keeps when that went well.
import type { Appview } from '../src/bluesky/appview.ts'
import type { IdentityLookup, IdentityQuestion } from '../src/bluesky/identity.ts'
import type { Busy } from '../src/bluesky/posting-check.ts'
import type { Profile, Session } from '../src/bluesky/session.ts'
import type { Context } from '../src/context.ts'
import type { Options } from '../src/contract.ts'
import type { Channel, ChannelDoc, StoredOutcome } from '../src/db/channels.ts'
import type { Learnt } from '../src/db/steps.ts'
import type { Http } from '../src/http/client.ts'
import type { OutcomeCode } from '../src/outcomes/catalogue.ts'
import type { Evidence } from '../src/outcomes/evidence.ts'
import type { Gate } from './gate/gate.ts'
import type { ReadAhead } from './gate/read-ahead.ts'
import type { Unseal } from './unseal.ts'

/** What a worker stands on. */
export interface WorkerContext extends Context {
  unseal: Unseal
  http: Http
  identity: IdentityLookup
  appview: Appview
  gate: Gate
  readAhead: ReadAhead
}

export type KnownDestination =
  /** an origin; another that is asked on the way to renew the session */
  | { kind: 'server'; origin: string; refreshesAt?: string }
  /** nobody is asked this time; the origin that it is about */
  | { kind: 'nowhere'; origin: string }

export type Destination =
  | KnownDestination
  /** has to be found out first */
  | { kind: 'unknown'; find(context: WorkerContext, signal: AbortSignal): Promise<KnownDestination> }

export interface Asking {
  origin: string
  /** false: it goes nowhere */
  isAsked: boolean
  options: Options
  signal: AbortSignal
}

/** What a step was answered. */
export interface Seen {
  kind: 'seen'
  seen: Evidence
  /** of the call that decided; null: nobody was asked */
  durationMs: number | null
  /** what to look up where the answer leaves open why */
  question?: IdentityQuestion
  /** a session that was opened: it is ended unless the step keeps it */
  signedIn?: {
    session: Session
    sealed: string
    /** (`noteOpened`) whoever takes the step next ends it, unless it is kept by then */
    isNoted: boolean
    handle: string
    pdsUrl: string
    profile?: Profile
  }
  learnt?: Learnt
  /** of a removal: the app password that was to be deleted too is */
  appPasswordDeleted?: true
}

export type Asked =
  | Seen
  /** nobody was asked: the outcome is known without */
  | { kind: 'known'; code: OutcomeCode }

export type Kept =
  /** the channel as it is now: at its end, or in its next step */
  | { kind: 'kept'; channel: Channel }
  | { kind: 'forgotten' }
  /** somebody started the channel anew meanwhile */
  | { kind: 'overtaken' }

export interface Step {
  /** Also asked before a claim, so it only reads what it is given. */
  where(context: WorkerContext, channel: ChannelDoc, options: Options): Destination
  /** @throws only what is a mistake of our own or a fault of a store; whatever a server does is in the evidence */
  ask(context: WorkerContext, channel: ChannelDoc, asking: Asking): Promise<Asked | Busy>
  /** Writes what a good outcome leaves, as one conditional write. */
  keep(context: WorkerContext, channel: ChannelDoc, asked: Asked, outcome: Omit<StoredOutcome, 'step'>): Promise<Kept>
}
