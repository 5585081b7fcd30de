// How each implementation of an AT Protocol server words its answers (docs/at-protocol.md §1.1, §2.3, §2.4 and the sources named there).

import { nothing, ok, words, xrpc, type Kind } from './scripted-replies.ts'

const ACCESS = 'com.atproto.access'
const APP = 'com.atproto.appPass'
const DM = 'com.atproto.appPassPrivileged'
const commit = { cid: 'bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm', rev: '3lzzzzzzzzz22' }
const refused = xrpc(401, 'AuthenticationRequired', 'Invalid identifier or password')
const limited = xrpc(429, 'RateLimitExceeded', 'Rate Limit Exceeded')
const expired = xrpc(400, 'ExpiredToken', 'Token has expired')

/** The reference server (docs/at-protocol.md §1.1, §2.3) and, where it differs, the entryway in front of it. */
const reference: Kind = {
  version: '0.5.35',
  scopes: { app: APP, main: ACCESS, dm: DM },
  swap: xrpc(400, 'InvalidSwap', `Commit was at ${commit.cid}`),
  removal: { nothing: ok(), done: ok({ commit }) },
  endsWith: 'refresh',
  looks: 'session and state',
  read: ['suspended', 'suspendedSession', 'takenDownSession', 'signupQueue', 'secondFactor'],
  session: { email: 'person@example.com', emailConfirmed: true, emailAuthFactor: false, active: true },
  says: {
    wrongPassword: refused,
    takenDown: refused,
    suspended: refused,
    secondFactor: xrpc(401, 'AuthFactorTokenRequired', 'A sign in code has been sent to your email address'),
    rateLimited: { ...limited, headers: { 'ratelimit-policy': '30;w=300' } },
    takenDownWrite: xrpc(401, 'AccountTakedown', 'Account has been taken down'),
    deactivatedWrite: xrpc(401, 'AccountDeactivated', 'Account is deactivated'),
    accountNotFound: xrpc(403, 'AccountNotFound', 'Account not found'),
    scopeMissing: xrpc(400, 'InvalidToken', 'Bad token scope'),
    invalidSession: xrpc(400, 'InvalidToken', 'Token could not be verified'),
    expiredSession: expired,
    revokedSession: xrpc(400, 'ExpiredToken', 'Token has been revoked'),
    wrongRepo: xrpc(401, 'AuthenticationRequired', 'Authentication Required'),
  },
}

const tranquil: Kind = {
  version: 'tranquil 0.6.5 (built 2026-11-26 12:12:20 UTC)',
  scopes: { app: 'transition:generic transition:chat.bsky', main: ACCESS },
  swap: xrpc(400, 'InvalidSwap', 'Repo has been modified'),
  removal: { nothing: ok(), done: ok({ commit }) },
  endsWith: 'access',
  looks: 'session and state',
  read: ['takenDown', 'unverified', 'secondFactor', 'moved', 'takenDownWrite', 'scopeMissing'],
  session: { emailConfirmed: true, active: true },
  says: {
    wrongPassword: xrpc(401, 'AuthenticationFailed', 'Invalid identifier or password'),
    takenDown: xrpc(401, 'AccountTakedown', 'Account has been taken down'),
    unverified: {
      status: 403,
      json: {
        error: 'account_not_verified',
        message: 'Please verify your account before logging in',
        did: 'did:plc:scripted2222222222222222',
        handle: 'scripted.test',
        channel: 'email',
      },
    },
    secondFactor: xrpc(400, 'AuthFactorTokenRequired', 'A sign-in code has been sent'),
    moved: xrpc(403, 'AccountMigrated', 'Account has been migrated to another server'),
    rateLimited: limited,
    takenDownWrite: xrpc(401, 'AccountTakedown', 'Account has been taken down'),
    deactivatedWrite: xrpc(401, 'AccountDeactivated', 'Account is deactivated'),
    scopeMissing: xrpc(403, 'InsufficientScope', 'Insufficient scope to delete records in app.bsky.feed.post'),
    invalidSession: xrpc(401, 'AuthenticationFailed', 'Authentication failed'),
    expiredSession: { ...expired, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } },
    revokedSession: xrpc(401, 'AuthenticationFailed', 'Invalid refresh token'),
    wrongRepo: xrpc(403, 'InvalidRepo', 'Repo does not match authenticated user'),
  },
}

/** Every fault inside of a write reads the same. */
const rskyFault = xrpc(500, 'InternalServerError', 'Something went wrong')
const rsky: Kind = {
  version: '0.3.0-beta.3',
  scopes: { app: APP, main: ACCESS },
  swap: rskyFault,
  removal: { nothing: nothing(200), done: nothing(200) },
  endsWith: 'refresh',
  looks: 'session and state',
  read: ['scopeMissing'],
  notHere: rskyFault,
  session: { email: 'person@example.com', emailConfirmed: true },
  says: {
    wrongPassword: xrpc(400, 'InvalidLogin', 'Invalid identifier or password'),
    takenDown: xrpc(400, 'AccountTakendown', 'Account has been taken down'),
    takenDownWrite: xrpc(400, 'InvalidRequest', 'AccountTakedown: `Account has been taken down`'),
    deactivatedWrite: xrpc(400, 'InvalidRequest', 'AccountDeactivated: `Account is deactivated`'),
    accountNotFound: xrpc(400, 'InvalidRequest', 'AccountNotFound: `Account not found`'),
    scopeMissing: xrpc(403, 'InsufficientScope', 'Missing required scope'),
    invalidSession: xrpc(400, 'InvalidRequest', "BadJwt: `Signature tag didn't verify`"),
    expiredSession: xrpc(400, 'ExpiredToken', 'Token is expired'),
    revokedSession: xrpc(400, 'ExpiredToken', 'Token is expired'),
    wrongRepo: rskyFault,
  },
}

const cocoon: Kind = {
  version: 'cocoon v0.4.0-7c46b9b',
  scopes: { app: null, main: ACCESS },
  swap: 'ignored',
  removal: { nothing: ok({ commit }), done: ok({ commit }) },
  endsWith: 'access',
  looks: 'session and state',
  read: ['secondFactor'],
  notHere: { status: 500, json: { message: 'Internal Server Error' } },
  session: { email: 'person@example.com', emailConfirmed: true, emailAuthFactor: false, active: true },
  says: {
    wrongPassword: xrpc(400, 'InvalidRequest'),
    secondFactor: xrpc(400, 'AuthFactorTokenRequired'),
    invalidSession: xrpc(400, 'InvalidToken'),
    expiredSession: xrpc(400, 'ExpiredToken', '*'),
    revokedSession: xrpc(400, 'InvalidToken'),
  },
}

const cirrus: Kind = {
  version: 'cirrus 0.18.0',
  scopes: { app: ACCESS, main: ACCESS },
  swap: 'ignored',
  removal: { nothing: ok(), done: ok({ commit }) },
  endsWith: 'none',
  looks: 'session and state',
  notHere: xrpc(404, 'RepoNotFound', 'Repository not found for DID: did:plc:scripted2222222222222222'),
  session: { emailConfirmed: true, active: true },
  says: {
    wrongPassword: refused,
    deactivatedWrite: xrpc(403, 'AccountDeactivated', 'Account is deactivated. Call activateAccount to enable writes.'),
    invalidSession: xrpc(401, 'AuthenticationRequired', 'Invalid authentication token'),
    expiredSession: expired,
    revokedSession: xrpc(400, 'InvalidToken', 'JWS Protected Header is invalid'),
  },
}

const openfederation: Kind = {
  version: null,
  scopes: { app: null, main: null },
  swap: 'ignored',
  removal: { nothing: xrpc(500, 'InternalServerError', 'Failed to delete record'), done: ok() },
  endsWith: 'refresh',
  read: [
    'takenDown',
    'suspended',
    'deactivated',
    'unapproved',
    'external',
    'rateLimited',
    'invalidSession',
    'expiredSession',
    'revokedSession',
  ],
  session: { email: 'person@example.com', active: true, roles: ['user'] },
  says: {
    wrongPassword: xrpc(401, 'Unauthorized', 'Invalid credentials'),
    takenDown: xrpc(410, 'AccountTakenDown', 'Your account has been taken down.'),
    suspended: xrpc(403, 'AccountSuspended', 'Your account has been suspended.'),
    deactivated: xrpc(403, 'AccountDeactivated', 'Your account is deactivated. Reactivate it to continue.'),
    unapproved: xrpc(403, 'AccountNotApproved', 'Your account must be approved before logging in.'),
    external: xrpc(400, 'ExternalAccount', 'This account uses ATProto OAuth. Please sign in via your home PDS.'),
    rateLimited: {
      status: 429,
      json: { error: 'AccountLocked', message: 'Too many failed attempts. Try again in 60 seconds.', retryAfter: 60 },
    },
    invalidSession: xrpc(401, 'Unauthorized', 'Invalid access token'),
    expiredSession: xrpc(401, 'Unauthorized', 'Invalid access token'),
    revokedSession: xrpc(401, 'Unauthorized', 'Invalid refresh token'),
  },
}

const picopds: Kind = {
  version: null,
  scopes: { app: null, main: ACCESS },
  swap: 'ignored',
  removal: { nothing: words(404, 'record not found'), done: nothing(200) },
  endsWith: null,
  looks: 'session',
  read: true,
  session: {},
  says: {
    wrongPassword: words(401, 'invalid username or password'),
    invalidSession: words(401, 'invalid jwt'),
    expiredSession: words(401, 'invalid jwt: expired'),
    revokedSession: words(404, '404: Not Found'),
  },
}

const millipds: Kind = {
  version: 'millipds v0.0.6.dev24+gfaf0c36ba',
  scopes: { app: null, main: ACCESS },
  swap: words(400, 'swapCommit did not match current head'),
  removal: { nothing: words(400, 'no such record'), done: ok({ commit }) },
  endsWith: 'refresh',
  looks: 'session and state',
  notHere: words(404, 'did not found'),
  session: { email: 'person@example.com', emailConfirmed: true, active: true },
  says: {
    wrongPassword: words(401, 'incorrect identifier or password'),
    accountNotFound: words(401, 'user not found'),
    invalidSession: words(401, 'invalid jwt'),
    expiredSession: xrpc(400, 'ExpiredToken', 'bad exp'),
    revokedSession: words(401, 'revoked token'),
  },
}

const pegasus: Kind = {
  version: '7c18e8e0c0ffee7c18e8e0c0ffee7c18e8e0c0ff',
  scopes: { app: null, main: ACCESS },
  swap: xrpc(400, 'InvalidSwap', 'swap commit does not match'),
  removal: { nothing: ok({ commit }), done: ok({ commit }) },
  endsWith: 'refresh',
  looks: 'session and state',
  read: true,
  session: { email: 'person@example.com', emailConfirmed: true, emailAuthFactor: false, active: true },
  says: {
    wrongPassword: xrpc(400, 'InvalidRequest', 'invalid credentials'),
    secondFactor: xrpc(401, 'AuthFactorTokenRequired', 'Two-factor authentication required'),
    rateLimited: limited,
    invalidSession: xrpc(401, 'InvalidToken', 'invalid token'),
    expiredSession: expired,
    revokedSession: xrpc(401, 'InvalidToken', 'token revoked'),
  },
}

const ezpds: Kind = {
  version: 'custos v0.12.0',
  scopes: { app: APP, main: ACCESS, dm: DM },
  swap: xrpc(409, 'InvalidSwap', 'swapCommit did not match the current repo head'),
  removal: { nothing: ok(), done: ok({ commit }) },
  endsWith: 'refresh',
  looks: 'session and state',
  read: ['rateLimited', 'accountNotFound', 'scopeMissing'],
  notHere: xrpc(404, 'NotFound', 'repo not found'),
  session: {},
  says: {
    wrongPassword: xrpc(401, 'AuthMissing', 'invalid identifier or password'),
    rateLimited: xrpc(429, 'RateLimitExceeded', 'too many failed login attempts, please try again later'),
    deactivated: xrpc(401, 'AuthMissing', 'invalid identifier or password'),
    deactivatedWrite: xrpc(403, 'Forbidden', 'account is deactivated'),
    takenDownWrite: xrpc(403, 'Forbidden', 'account is deactivated'),
    accountNotFound: xrpc(404, 'NotFound', 'account not found'),
    scopeMissing: xrpc(403, 'InsufficientScope', 'granted scope does not allow this'),
    invalidSession: xrpc(401, 'InvalidToken', 'invalid token'),
    expiredSession: xrpc(401, 'ExpiredToken', 'token has expired'),
    revokedSession: xrpc(401, 'InvalidToken', 'refresh token not found or expired'),
    wrongRepo: xrpc(403, 'Forbidden', 'authenticated account does not own this repository'),
  },
}

const tempest: Kind = {
  version: 'v0.1.0.dev412+g033acff',
  scopes: { app: null, main: ACCESS },
  swap: xrpc(409, 'InvalidSwap', 'swap condition does not match current repository state'),
  removal: { nothing: ok(), done: ok({ commit }) },
  endsWith: 'refresh',
  looks: 'session and state',
  read: true,
  session: { active: true },
  says: {
    wrongPassword: refused,
    takenDown: xrpc(403, 'AccountTakedown', 'Account is not active'),
    rateLimited: xrpc(429, 'RateLimitExceeded', 'Too many authentication attempts'),
    takenDownWrite: xrpc(403, 'AccountTakedown', 'Account is not active'),
    accountNotFound: xrpc(400, 'RepoNotFound', 'repository could not be resolved'),
    scopeMissing: xrpc(403, 'AuthScopeInsufficient', 'Bearer token scope is insufficient'),
    invalidSession: xrpc(401, 'InvalidToken', 'Bearer token is invalid'),
    expiredSession: xrpc(401, 'ExpiredToken', 'Bearer token is expired'),
    revokedSession: xrpc(401, 'InvalidToken', 'Refresh token has already been used'),
  },
}

const blueNile: Kind = {
  version: 'atompds v0.1.0',
  scopes: { app: APP, main: ACCESS, dm: DM },
  swap: xrpc(400, 'InvalidRequest', 'Bad commit swap'),
  removal: { nothing: ok({ commit }), done: ok({ commit }) },
  endsWith: 'refresh',
  looks: 'session and state',
  read: true,
  session: { email: 'person@example.com', emailAuthFactor: null, didDoc: null, active: true, status: 'Active' },
  says: {
    wrongPassword: xrpc(401, 'AuthRequired', 'Invalid username or password'),
    takenDown: xrpc(403, 'AccountTakedown', 'Account has been taken down'),
    suspended: xrpc(401, 'AuthRequired', 'Invalid username or password'),
    rateLimited: { ...limited, headers: { 'retry-after': '60' } },
    deactivatedWrite: xrpc(400, 'InvalidRequest', 'Account is deactivated.'),
    accountNotFound: xrpc(400, 'InvalidRequest', 'Could not find repo: did:plc:scripted2222222222222222'),
    scopeMissing: xrpc(401, 'InvalidToken', 'Bad token scope'),
    invalidSession: xrpc(401, 'InvalidToken', 'Token could not be verified'),
    expiredSession: xrpc(401, 'ExpiredToken', 'Token has expired'),
    revokedSession: xrpc(401, 'ExpiredToken', 'Token has been revoked'),
  },
}

/** As released, it answers faults without a word. */
const bluepds: Kind = {
  version: 'bluepds',
  scopes: { app: null, main: null },
  swap: nothing(500),
  removal: { nothing: nothing(500), done: ok({ commit }) },
  endsWith: 'access',
  read: ['invalidSession', 'expiredSession', 'revokedSession'],
  session: { active: true },
  says: {
    wrongPassword: nothing(401),
    invalidSession: nothing(401),
    expiredSession: nothing(401),
    revokedSession: nothing(401),
  },
}

const noneType = xrpc(
  400,
  'InvalidRequest',
  'com.atproto.repo.deleteRecord output with value `None`: has unexpected type NoneType',
)
const arroba: Kind = {
  version: null,
  scopes: { app: null, main: null },
  swap: xrpc(400, 'InvalidRequest', 'swapCommit not supported yet'),
  removal: { nothing: noneType, done: noneType },
  endsWith: null,
  looks: 'session and state',
  notHere: xrpc(400, 'RepoNotFound', 'Repo did:plc:scripted2222222222222222 not found'),
  session: {},
  says: {
    wrongPassword: xrpc(400, 'AuthenticationRequired', 'Invalid identifier or password'),
    accountNotFound: xrpc(400, 'InvalidRequest', 'Repo scripted.test not found'),
    invalidSession: xrpc(400, 'InvalidRequest', 'Invalid bearer token in Authorization header'),
  },
}

/** Its maker is not known. */
const hexDigits: Kind = {
  version: 'c0ffee7c18e8e0c0ffee7c18e8e0c0ffee7c18e8',
  scopes: { app: ACCESS, main: ACCESS },
  swap: xrpc(409, 'InvalidSwap', 'swapCommit mismatch: expected another'),
  removal: { nothing: ok(), done: ok({ commit }) },
  endsWith: 'refresh',
  looks: 'session and state',
  session: { active: true },
  says: {
    rateLimited: { ...limited, headers: { 'retry-after': '300' } },
  },
}

export const kinds = {
  reference,
  tranquil,
  rsky,
  cocoon,
  cirrus,
  openfederation,
  picopds,
  millipds,
  pegasus,
  ezpds,
  tempest,
  'blue-nile': blueNile,
  bluepds,
  arroba,
  '40 hex digits': hexDigits,
} satisfies Record<string, Kind>
export type KindName = keyof typeof kinds
