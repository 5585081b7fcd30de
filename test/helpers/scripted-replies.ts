// The pieces that the answers of scripted servers are made of.

export interface Reply {
  status: number
  json?: unknown
  text?: string
  headers?: Record<string, string>
}

/** What is the matter with the account or the session. The `…Write` ones are found out after signing in. */
export type Situation =
  | 'healthy'
  | 'mainPassword'
  | 'dmPassword'
  | 'signupQueue'
  | 'inactive'
  | 'takenDownSession'
  | 'suspendedSession'
  | 'writeLimited'
  | Refusal

/** What a server may have to say no to. */
export type Refusal =
  | 'wrongPassword'
  | 'takenDown'
  | 'suspended'
  | 'deactivated'
  | 'unverified'
  | 'unapproved'
  | 'external'
  | 'secondFactor'
  | 'moved'
  | 'rateLimited'
  | 'takenDownWrite'
  | 'deactivatedWrite'
  | 'accountNotFound'
  | 'scopeMissing'
  | 'invalidSession'
  | 'expiredSession'
  | 'revokedSession'
  | 'wrongRepo'

export interface Kind {
  /** `_health`; null: there is none */
  version: string | null
  /** `scope` claims of the access tokens that it gives for an app password and for the main one; null: no such password */
  scopes: { app: string | null; main: string | null; dm?: string }
  /** what it does with a `swapCommit` that does not match */
  swap: 'ignored' | Reply
  /** its answer to the removal of a record that is not there, and of one that is */
  removal: { nothing: Reply; done: Reply }
  /** which token `deleteSession` wants; none: it takes any and does nothing; null: it has no such call */
  endsWith: 'refresh' | 'access' | 'none' | null
  /** what it tells besides whether its posts can be written: `getSession`, and `getRepoStatus` too; absent: neither is known of it */
  looks?: 'session' | 'session and state'
  /** its `getRepoStatus` of an account that it does not have */
  notHere?: Reply
  /** what is known from its source alone, and was not seen of a server that ran; true: all of it */
  read?: true | Situation[]
  /** fields of its session beside tokens, handle and did */
  session: Record<string, unknown>
  says: Partial<Record<Refusal, Reply>>
}

export const xrpc = (status: number, error: string, message?: string): Reply => ({
  status,
  json: message === undefined ? { error } : { error, message },
})
export const words = (status: number, text: string): Reply => ({ status, text })
export const nothing = (status: number): Reply => ({ status })
export const ok = (json: unknown = {}): Reply => ({ status: 200, json })
