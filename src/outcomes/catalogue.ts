// The outcome catalogue: how a step can end, how each end is told apart, the words for it, who can fix it and when to try again.
import {
  answeredOddly,
  broken,
  certificateFails,
  elsewhere,
  explained,
  faulty,
  inState,
  isDeleted,
  limited,
  limitsAccount,
  livesElsewhere,
  lostSession,
  message,
  named,
  notAPds,
  notHere,
  policy,
  refusedSignIn,
  removalDone,
  signedIn,
  status,
  walled,
  withoutAppPasswords,
  writing,
} from './detect.ts'
import type { Evidence } from './evidence.ts'

export type FixBy = 'user' | 'admin' | 'time' | 'us'

/**
 * `backoff` for a passing fault (`RETRY_DELAYS_SECONDS`); `named` at the time that the server named;
 * `hourly`; `daily`; `once` (one more try, then give up).
 */
export type RetryRule = 'backoff' | 'named' | 'hourly' | 'daily' | 'once'

export type OptionName = 'bluesky_service-url' | 'bluesky_integration_status' | 'bluesky_other_servers'

interface Row {
  /** good: the channel is connected */
  good?: true
  title: string
  cause: string
  fix: string
  fixBy: FixBy
  /** absent: trying again changes nothing */
  retry?: RetryRule
  /** where the person can act; `{server}` is the origin of the user's own server */
  link?: string
  /** the admin's view, where it says more than the user's; `{setting}` says where the address comes from */
  adminFix?: string
  /** what helps where it ended so, and `check_again` while it waits; absent: `buttonOf` tells from the other fields */
  button?: 'correct_handle' | 'open_link' | 'remove' | 'check_again'
  /** what helps as well, or afterwards */
  also?: 'reconnect' | 'connect_other'
  /** of a good outcome: its owner may not want that, or there is only something to know; absent: plainly good */
  remark?: 'warning' | 'note'
  /**
   * the option whose wrong value may be the cause; for `fixBy: 'time'` the Service URL always may. Where that may, so may
   * what holds for accounts on other servers: both say where sign-ins go
   */
  mendedBy?: OptionName
  /** of a good outcome: the next step follows at once */
  goesOn?: true
  /** the session may still be good when the reason is gone: a channel that was connected goes on being checked */
  mayPass?: true
  /** only another value of the option helps, whatever the server does meanwhile */
  optionAlone?: true
  /** nothing was tried: that is no failed connect yet */
  untried?: true
  /**
   * when a lookup of the identity may put it right; `when_it_stays`: in a check that ended so before too;
   * `after_sign_in`: a short one, for what a sign-in that worked cannot tell
   */
  lookup?: 'always' | 'when_it_stays' | 'after_sign_in'
  /** which server signs in for the identity is looked up anew, however lately it was */
  looksUpServerAnew?: true
  /** the session may only have run out, which a refresh tells */
  mayBeExpired?: true
  /**
   * what counts against the server: it answered with a fault of its own, it did not answer, or something in front of it
   * keeps out whoever comes from here
   */
  serverFault?: 'answered' | 'unanswered' | 'kept_out'
  /** the server takes no more calls for a while: from here at all, or for this account */
  limits?: 'server' | 'identity'
  /** absent: never told from a server's answer, but set where it is found */
  detect?: (seen: Evidence) => boolean
}

const APP_PASSWORDS = 'https://bsky.app/settings/app-passwords'

const table = {
  check_failing: {
    title: 'The account could not be checked for days',
    cause:
      '{server} has let no check of this account through for days. It may be down for good, or the account may have moved.',
    fix: 'See whether the account works for you. It is looked at again every day and connects by itself as soon as that works; if it has moved, reconnect.',
    fixBy: 'time',
    retry: 'daily',
    also: 'reconnect',
  },
  integration_disabled: {
    title: 'Bluesky connections are paused',
    cause: 'The administrator has paused Bluesky connections.',
    fix: 'Nothing to do: this connection goes on by itself when they are switched on again.',
    adminFix: 'Set Status to enabled. Waiting connections then go on by themselves.',
    fixBy: 'admin',
    mendedBy: 'bluesky_integration_status',
    optionAlone: true,
    untried: true,
  },
  identifier_malformed: {
    title: 'That is not a Bluesky handle',
    cause: 'A handle has at least two parts with a dot between them, such as name.bsky.social.',
    fix: 'Enter the whole handle alone, for example name.bsky.social.',
    fixBy: 'user',
    button: 'correct_handle',
  },
  password_not_app_format: {
    title: 'That is not an app password',
    cause: 'An app password looks like abcd-efgh-ijkl-mnop. What was entered looks different; it went to no server.',
    fix: 'Create an app password and paste it here. Never use the main password.',
    fixBy: 'user',
    link: APP_PASSWORDS,
  },

  secret_unreadable: {
    title: 'What we kept of this account cannot be opened',
    cause: 'The app password or session that we kept cannot be opened any more. It was sent nowhere.',
    fix: 'Reconnect with an app password: the same one or a new one.',
    adminFix:
      'Nothing was sent. Check that UNSEALING_KEYS still holds every key that was in use; if it does, the stored value was altered, and the user has to reconnect.',
    fixBy: 'user',
    link: APP_PASSWORDS,
    untried: true,
  },

  // Before whatever else went wrong: the account's owner has to know of a public post of ours.
  test_post_left: {
    title: 'Our test post is still there',
    cause:
      '{server} published our test post “Connection test”, which it should have refused, and did not let us remove it.',
    fix: 'Open the Bluesky app and delete the post “Connection test”. As soon as it is gone, this account can be connected.',
    fixBy: 'user',
    retry: 'named',
    button: 'check_again',
    link: 'https://bsky.app',
    detect: (seen) => seen.testPost === 'left',
  },

  // Limits come first: a limited server says nothing about the account.
  write_rate_limited: {
    title: 'The posting limit is used up',
    cause: '{server} takes no more posts of this account for now.',
    fix: 'Nothing to do: it is tried again by itself.',
    fixBy: 'time',
    retry: 'named',
    detect: (seen) =>
      limited(seen) &&
      (writing(seen) || /^(5000;w=3600|35000;w=86400)/.test(policy(seen))) &&
      !policy(seen).startsWith('3000;w=300'),
  },
  ip_rate_limited: {
    title: 'The server is busy',
    cause: '{server} gets too many requests from here at the moment.',
    fix: 'Nothing to do: it is tried again in a few minutes.',
    fixBy: 'time',
    retry: 'named',
    limits: 'server',
    detect: (seen) => limited(seen) && (policy(seen).startsWith('3000;w=300') || !limitsAccount(seen)),
  },
  waiting_for_rate_limit: {
    title: 'Waiting for a place',
    cause: '{server} takes only so many requests in a while.',
    fix: 'Nothing to do: it goes on by itself.',
    fixBy: 'time',
    retry: 'named',
    untried: true,
  },
  login_rate_limited: {
    title: 'Too many sign-ins',
    cause: '{server} accepts no more sign-ins for this account for now. The password may be fine.',
    fix: 'Nothing to do: it is tried again by itself.',
    fixBy: 'time',
    retry: 'named',
    limits: 'identity',
    detect: limited,
  },

  session_not_ended: {
    good: true,
    title: 'The session could not be ended',
    cause:
      '{server} did not let us end the session of a removed channel. Nothing is kept of it here, and it ends by its own time.',
    fix: 'Nothing to do. To end it at once, remove the app password.',
    fixBy: 'user',
    detect: (seen) => removalDone(seen) && seen.ended !== true,
  },
  session_ended: {
    good: true,
    title: 'The session has ended',
    cause: '{server} ended the session of a removed channel, or has none any more.',
    fix: 'Nothing to do.',
    fixBy: 'user',
    detect: removalDone,
  },

  // No answer, or not one of a Bluesky server.
  account_server_blocked: {
    title: 'The server of the account is not on the public internet',
    cause: 'This account names {server} as its server, and that is not an address that may be called from here.',
    fix: 'Ask whoever runs the server of the account: it needs a public https address.',
    adminFix:
      'About {server}: {reason}. The address comes from the public record of the account, not from your settings. Only public https addresses on port 443 are called. A server on a private network has to stand in ALLOW_PRIVATE_NETWORK.',
    fixBy: 'user',
    detect: (seen) => seen.namedByAccount === true && faulty(seen, 'blocked'),
  },
  pds_address_blocked: {
    title: 'The server is not on the public internet',
    cause: 'The address of {server} is not one that may be called from here.',
    fix: 'The administrator has to check the server address.',
    adminFix:
      'About {server}: {reason}. {setting} Only public https addresses on port 443 are called. A server on your own network has to stand in ALLOW_PRIVATE_NETWORK. If the server is a public one, the name server of this machine, a filter or a VPN answers for public names with addresses of its own: use another name server, or put that range into ALLOW_PRIVATE_NETWORK.',
    fixBy: 'admin',
    mendedBy: 'bluesky_service-url',
    detect: (seen) => faulty(seen, 'blocked'),
  },
  account_server_protected: {
    title: 'Something in front of the account’s server keeps us out',
    cause:
      'Something in front of {server}, the server that this account names, refuses what comes from here. This is not about the account or the password.',
    fix: 'Nothing to do: it is tried again by itself. If it stays like this, tell whoever runs the server of the account.',
    adminFix:
      'Something in front of {server}[, {product},] keeps us out: {reason}. The address comes from the public record of the account, not from your settings, so only whoever runs that server can let this machine through. It is tried again by itself.',
    fixBy: 'time',
    retry: 'backoff',
    serverFault: 'kept_out',
    detect: (seen) => seen.namedByAccount === true && walled(seen),
  },
  server_protected: {
    title: 'Something in front of the server keeps us out',
    cause:
      'Something in front of {server} refuses what comes from here. This is not about the account or the password.',
    fix: 'Nothing to do: it is tried again by itself. If it stays like this, the administrator has to have it let us through.',
    adminFix:
      'Something in front of {server}[, {product},] keeps us out: {reason}. Have it let through what this machine sends to /xrpc/ there; waiting connections then go on by themselves. If no Bluesky server has that address, it has to be changed. {setting}',
    fixBy: 'admin',
    retry: 'backoff',
    mendedBy: 'bluesky_service-url',
    serverFault: 'kept_out',
    detect: walled,
  },
  account_server_certificate: {
    title: 'The certificate of the account’s server does not hold',
    cause:
      'The certificate of {server}, the server that this account names, does not prove that it is that server. Nothing was sent to it.',
    fix: 'Nothing to do: it is tried again by itself. If it stays like this, tell whoever runs the server of the account.',
    adminFix:
      'About {server}: {reason}. The address comes from the public record of the account, not from your settings, so only whoever runs that server can put it right. It is tried again by itself.',
    fixBy: 'time',
    retry: 'backoff',
    serverFault: 'unanswered',
    detect: (seen) => seen.namedByAccount === true && certificateFails(seen),
  },
  server_certificate: {
    title: 'The certificate of the server does not hold',
    cause: 'The certificate of {server} does not prove that it is that server. Nothing was sent to it.',
    fix: 'Nothing to do: it is tried again by itself. If it stays like this, the administrator has to see to the certificate or the server address.',
    adminFix:
      'About {server}: {reason}. Once the certificate there is put right, waiting connections go on by themselves. For a certificate authority of your own, start the workers with NODE_EXTRA_CA_CERTS. If the address is wrong, it has to be changed. {setting}',
    fixBy: 'admin',
    retry: 'backoff',
    mendedBy: 'bluesky_service-url',
    serverFault: 'unanswered',
    detect: certificateFails,
  },
  account_server_not_a_pds: {
    title: 'The server of the account is not a Bluesky server',
    cause: 'This account names {server} as its server, and that does not answer as a Bluesky server does.',
    fix: 'Ask whoever runs the server of the account, then reconnect.',
    adminFix:
      'About {server}: {reason}. The address comes from the public record of the account, not from your settings.',
    fixBy: 'user',
    detect: (seen) => seen.namedByAccount === true && notAPds(seen),
  },
  not_a_pds: {
    title: 'That is not a Bluesky server',
    cause: '{server} answers, but not as a Bluesky server does.',
    fix: 'The administrator has to check the server address.',
    adminFix: '{server} does not answer as an AT Protocol server: {reason}. {setting}',
    fixBy: 'admin',
    mendedBy: 'bluesky_service-url',
    detect: notAPds,
  },
  pds_unreachable: {
    title: 'The server does not answer',
    cause: '{server} could not be reached.',
    fix: 'Nothing to do: it is tried again by itself. If it stays like this, ask whoever runs the server.',
    adminFix:
      'About {server}: {reason}. Nothing to do if it is down for a while. If that address is wrong, it has to be changed. {setting}',
    fixBy: 'time',
    retry: 'backoff',
    serverFault: 'unanswered',
    detect: (seen) => seen.answer.kind === 'fault' && !answeredOddly(seen),
  },
  pds_error: {
    title: 'The server has a problem',
    cause: '{server} reported a fault of its own. This is not about the password.',
    fix: 'Nothing to do: it is tried again by itself.',
    adminFix: 'About {server}: {reason}. Nothing to do if it passes; if not, tell whoever runs the server.',
    fixBy: 'time',
    retry: 'backoff',
    lookup: 'when_it_stays',
    serverFault: 'answered',
    detect: (seen) => broken(seen) && !explained(seen),
  },

  // The state of the account.
  account_moved: {
    title: 'The account has moved to another server',
    cause: 'This account lives at {actualServer} now. App passwords do not move along.',
    fix: 'Create an app password[ at {actualServer}] and reconnect with it. If sign-ins may go to {server} alone, the connection then waits until the administrator lets them go there.',
    adminFix:
      'The account moved from {server} to {actualServer}. First its owner has to reconnect with an app password of {actualServer}. With “Accounts on other servers” at “Follow” that is all; at “Refuse” the connection then waits for you.',
    fixBy: 'user',
    lookup: 'always',
    detect: (seen) =>
      (named(seen, 'AccountMigrated') && !elsewhere(seen)) ||
      // An account that has a session there lived there once. What signed in may be the entryway of a server that does not
      // answer at the moment, and so may what renewed. A password that is refused there may be the new server's.
      (livesElsewhere(seen) &&
        (signedIn(seen) || lostSession(seen) ? !seen.identity?.entrywayUnknown : seen.step === 'verify')),
  },
  account_taken_down: {
    title: 'The account is suspended',
    cause: 'The server has taken this account down. App passwords do not work until that is lifted.',
    fix: 'Open the Bluesky app, sign in and read the notice there: it says how to appeal. Reconnect when the account is back.',
    fixBy: 'user',
    mayPass: true,
    button: 'open_link',
    also: 'reconnect',
    link: 'https://bsky.app',
    detect: (seen) =>
      named(seen, 'AccountTakedown', 'AccountTakendown', 'AccountTakenDown', 'RepoTakendown') ||
      seen.session?.status === 'takendown' ||
      inState(seen, 'takendown'),
  },
  account_suspended: {
    title: 'The account is suspended for a while',
    cause: 'The server has suspended this account. App passwords do not work until that is lifted.',
    fix: 'Open the Bluesky app, sign in and read the notice there. Reconnect when the suspension is over.',
    fixBy: 'user',
    mayPass: true,
    button: 'open_link',
    also: 'reconnect',
    link: 'https://bsky.app',
    detect: (seen) =>
      named(seen, 'AccountSuspended') || seen.session?.status === 'suspended' || inState(seen, 'suspended'),
  },
  account_deactivated: {
    title: 'The account is deactivated',
    cause: 'The account is switched off, as its owner can do at any time.',
    fix: 'Sign in to the Bluesky app with the main password to switch it on again, then reconnect. If it is refused then, create a new app password.',
    fixBy: 'user',
    mayPass: true,
    button: 'open_link',
    also: 'reconnect',
    lookup: 'always',
    link: 'https://bsky.app',
    detect: (seen) =>
      !isDeleted(seen) &&
      (named(seen, 'AccountDeactivated', 'RepoDeactivated') ||
        /deactivated/i.test(message(seen)) ||
        seen.session?.status === 'deactivated' ||
        seen.session?.active === false ||
        inState(seen, 'deactivated')),
  },
  account_unverified: {
    title: 'The account is not verified yet',
    cause: '{server} wants the e-mail address or contact of this account verified first.',
    fix: 'Verify it at your server, then reconnect.',
    fixBy: 'user',
    mayPass: true,
    button: 'open_link',
    also: 'reconnect',
    link: '{server}',
    detect: (seen) => named(seen, 'AccountNotVerified', 'account_not_verified'),
  },
  account_deleted: {
    title: 'The account is gone',
    cause: '{server} had this account and does not have it any more.',
    fix: 'If you deleted it, remove this channel. If you did not, ask whoever runs the server.',
    fixBy: 'user',
    button: 'remove',
    also: 'reconnect',
    lookup: 'always',
    detect: (seen) => seen.step === 'verify' && notHere(seen),
  },
  account_not_here: {
    title: 'There is no such account on the server',
    cause: '{server} does not have this account (any more).',
    fix: 'Check that the account still exists in the Bluesky app, then connect again.',
    fixBy: 'user',
    lookup: 'always',
    link: 'https://bsky.app',
    detect: notHere,
  },
  signup_pending: {
    title: 'The account is waiting for activation',
    cause: 'The server has put new accounts into a queue; this one is in it.',
    fix: 'Nothing to do: it is tried again every hour.',
    fixBy: 'time',
    retry: 'hourly',
    detect: (seen) => seen.session?.scope === 'com.atproto.signupQueued' || named(seen, 'AccountNotApproved'),
  },

  // The session and what it may do.
  session_expired: {
    title: 'The session is over',
    cause: '{server} keeps a session for a limited time only. That says nothing against the password.',
    fix: 'Reconnect with the same password as before: it should still work.',
    fixBy: 'user',
    lookup: 'always',
    detect: (seen) => lostSession(seen) && (seen.ranOut === true || withoutAppPasswords(seen)),
  },
  session_revoked: {
    title: 'The app password was deleted, or the session ended',
    cause:
      '{server} renews the session no more: the app password was deleted, the main password changed, or the session ended elsewhere. Which of them, it does not say.',
    fix: 'Reconnect: with a new app password if this one was deleted, else with the same one.',
    fixBy: 'user',
    lookup: 'always',
    link: APP_PASSWORDS,
    detect: lostSession,
  },
  two_factor_required: {
    title: 'The server asks for a second factor',
    cause: 'The server asked for one more code, as it does for the main password. App passwords need none.',
    fix: 'Leave the code alone, if one came by e-mail. Create an app password and use that.',
    fixBy: 'user',
    lookup: 'always',
    link: APP_PASSWORDS,
    detect: (seen) => named(seen, 'AuthFactorTokenRequired', 'MfaRequired') && !withoutAppPasswords(seen),
  },
  main_password_used: {
    title: 'That was the main password',
    cause: 'The server accepted it, but it opens the whole account. It was not kept.',
    fix: 'Create an app password and connect with that one.',
    fixBy: 'user',
    link: APP_PASSWORDS,
    detect: (seen) => seen.session?.scope === 'com.atproto.access',
  },
  scope_missing: {
    title: 'The app password may not post',
    cause: 'The server does not let this app password create and remove posts.',
    fix: 'Create a new app password and reconnect. On Bluesky itself every app password may post; on a server where one chooses what it may do, such as Tranquil, let it create and delete posts.',
    fixBy: 'user',
    link: APP_PASSWORDS,
    detect: (seen) =>
      named(seen, 'ScopeMissingError', 'InsufficientScope', 'insufficient_scope', 'AuthScopeInsufficient') ||
      (named(seen, 'InvalidToken', 'BadJwt') && /bad token (scope|method)/i.test(message(seen))),
  },
  wrong_account: {
    title: 'Those are the credentials of another account',
    cause: 'The sign-in worked, but for another account[: {seenHandle}, not {identifier}].',
    fix: 'Enter the app password of the account that you named[, or connect {seenHandle} as a channel of its own].',
    fixBy: 'user',
    also: 'connect_other',
    detect: (seen) =>
      signedIn(seen) && [seen.expectedDid, seen.identity?.did].some((did) => did && did !== seen.session?.did),
  },
  token_rejected: {
    title: 'The server does not accept its own session',
    cause: '{server} signed in and then refused the session it had given.',
    fix: 'Reconnect. If it happens again, tell whoever runs the server.',
    fixBy: 'user',
    mayBeExpired: true,
    detect: (seen) =>
      seen.call !== 'createSession' &&
      (named(
        seen,
        'InvalidToken',
        'ExpiredToken',
        'AuthMissing',
        'AuthRequired',
        'BadJwt',
        'InvalidRepo',
        'invalid_token',
      ) ||
        /invalid bearer token/i.test(message(seen)) ||
        status(seen) === 401),
  },

  // The identity, where the server told nothing or signed in oddly.
  wrong_server: {
    title: 'The account lives on another server',
    cause: 'Sign-ins went to {server}, but this account lives at {actualServer}.',
    fix: 'The password was not looked at, and no other server gets it for now. It is tried again by itself as soon as the administrator lets sign-ins go to {actualServer}.',
    adminFix:
      'Sign-ins went to {server}; this account lives on {actualServer}. Two ways out, and each runs the connections again that it mends: set “Accounts on other servers” to “Follow”, and everybody signs in where their account lives; or, if your users live on {actualServer}, make that the Service URL. Most people live on the public server, bsky.social.',
    fixBy: 'admin',
    mendedBy: 'bluesky_service-url',
    optionAlone: true,
    detect: (seen) => elsewhere(seen) && !seen.followsIdentity,
  },
  did_unresolvable: {
    title: 'Nobody knows where the account lives',
    cause: 'There is no public record of {identifier}, or it names no server.',
    fix: 'Ask whoever provides the account to put its public record right. It is looked up again every hour; check again when you know that it is done.',
    fixBy: 'user',
    retry: 'hourly',
    button: 'check_again',
    detect: (seen) =>
      refusedSignIn(seen) &&
      seen.identity?.repoHere !== 'active' &&
      (seen.identity?.didGone === true || seen.identity?.pdsUrl === null),
  },
  handle_mismatch: {
    title: 'The account goes by another handle',
    cause: 'The handle {identifier} leads to an account that goes by another one[: {currentHandle}].',
    fix: 'If that is your account, connect it by the handle that it has now. If it is not, point {identifier} to your account where your domain is managed.',
    fixBy: 'user',
    button: 'correct_handle',
    detect: (seen) => refusedSignIn(seen) && seen.identity?.handleConfirmed === false,
  },
  handle_not_found: {
    title: 'No account has this handle',
    cause: 'The handle {identifier} leads to no account.',
    fix: 'Check the spelling. If it is right, open the Bluesky app: the account may be deactivated or suspended.',
    fixBy: 'user',
    button: 'correct_handle',
    link: 'https://bsky.app',
    detect: (seen) =>
      !elsewhere(seen) && (named(seen, 'HandleNotFound') || (refusedSignIn(seen) && seen.identity?.did === null)),
  },
  app_passwords_unsupported: {
    title: 'The server has no app passwords',
    cause: '{server} runs software without app passwords.',
    fix: 'This account cannot be connected with an app password. Ask whoever runs the server.',
    fixBy: 'user',
    button: 'remove',
    detect: (seen) =>
      !elsewhere(seen) &&
      (named(seen, 'ExternalAccount') ||
        (withoutAppPasswords(seen) && (refusedSignIn(seen) || named(seen, 'AuthFactorTokenRequired')))),
  },
  identity_lookup_unavailable: {
    title: 'The account has to be looked up again',
    cause:
      '{server} refused the sign-in, and what tells why has to be looked up again: the public record of the account, with the server that it lives on.',
    fix: 'Nothing to do for now: that happens by itself. If you know that the app password is wrong, reconnect.',
    fixBy: 'time',
    retry: 'backoff',
    looksUpServerAnew: true,
    detect: (seen) =>
      // Sign-ins follow the identity, and its server could not be looked up before this one, or is another since.
      elsewhere(seen) ||
      (refusedSignIn(seen) && seen.identity?.unavailable === true && seen.identity.repoHere !== 'active'),
  },
  identifier_is_email: {
    title: 'Connect with the handle instead',
    cause:
      '{server} refused the sign-in. With an e-mail address we cannot tell why: the app password may be wrong, or the account may live on another server.',
    fix: 'Enter the handle of the account, for example name.bsky.social, with its app password.',
    fixBy: 'user',
    button: 'correct_handle',
    link: 'https://bsky.app',
    detect: (seen) => refusedSignIn(seen) && seen.byEmail === true,
  },
  bad_credentials: {
    title: 'Handle and app password do not match',
    cause: '{server} refused the sign-in: the app password is wrong or was removed, or it belongs to another account.',
    fix: 'Create a new app password of this account and reconnect. If {identifier} is not your account, remove it and connect the right one.',
    fixBy: 'user',
    lookup: 'always',
    link: APP_PASSWORDS,
    detect: refusedSignIn,
  },
  record_rejected: {
    title: 'Our test post was refused',
    cause: '{server} does not accept the record with which we check that posting works. The app password is fine.',
    fix: 'Try again later. If it stays like this, give the administrator this reference: {reference}.',
    fixBy: 'us',
    detect: (seen) =>
      writing(seen) && /record|lexicon|\$type|grapheme/i.test(message(seen)) && named(seen, 'InvalidRequest'),
  },

  // What went well, with or without a remark.
  test_post_published: {
    good: true,
    title: 'Connected, with a test post that was there for a moment',
    cause: '{server} does not support test writes: a test record was created and removed at once.',
    fix: 'Nothing to do.',
    fixBy: 'user',
    remark: 'warning',
    detect: (seen) => seen.testPost === 'published',
  },
  hidden_on_bluesky: {
    good: true,
    title: 'Connected, but hidden on Bluesky',
    cause: 'The server accepts posts, but Bluesky does not show this account.',
    fix: 'Open the Bluesky app and sign in: where there is a notice, it says how to appeal.',
    fixBy: 'user',
    remark: 'warning',
    link: 'https://bsky.app',
    detect: (seen) => seen.onBluesky === 'hidden' && seen.testPost !== undefined,
  },
  app_password_has_dm_access: {
    good: true,
    title: 'Connected, but the app password may do more than it needs',
    cause: 'The app password may also read direct messages, which is not needed here.',
    fix: 'To be careful, create an app password without access to direct messages and reconnect.',
    fixBy: 'user',
    remark: 'warning',
    link: APP_PASSWORDS,
    detect: (seen) => seen.sessionScope === 'com.atproto.appPassPrivileged' && seen.testPost !== undefined,
  },
  not_on_bluesky_yet: {
    good: true,
    title: 'Connected, but not on Bluesky yet',
    cause:
      'The server accepts posts, but Bluesky does not know this account yet. It gets to know a new account by itself, usually with the first post.',
    fix: 'Nothing to do for now. If posts do not appear on Bluesky, ask whoever runs the server of the account whether Bluesky is told of it.',
    fixBy: 'user',
    remark: 'note',
    detect: (seen) => seen.onBluesky === 'unknown' && seen.testPost !== undefined,
  },
  password_kind_unknown: {
    good: true,
    title: 'Connected',
    cause:
      'Signed in and allowed to write. At {server} we cannot tell whether that was an app password or the main password.',
    fix: 'Nothing to do if it was an app password.',
    fixBy: 'user',
    remark: 'note',
    detect: (seen) =>
      seen.sessionScope === 'com.atproto.access' && seen.testPost !== undefined && !withoutAppPasswords(seen),
  },
  test_post_unsupported: {
    good: true,
    title: 'Connected',
    cause: 'Signed in and allowed to write. The last check cannot be run on this kind of server.',
    fix: 'Nothing to do.',
    fixBy: 'user',
    remark: 'note',
    detect: (seen) => seen.testPost === 'not_tried' || seen.testPost === 'inconclusive',
  },
  connected: {
    good: true,
    title: 'Connected',
    cause: 'Signed in and allowed to post. Nothing was posted.',
    fix: 'Nothing to do.',
    fixBy: 'user',
    detect: (seen) => seen.testPost === 'refused_as_it_should',
  },
  signed_in: {
    good: true,
    goesOn: true,
    lookup: 'after_sign_in',
    title: 'Signed in',
    cause: '{server} accepted the app password.',
    fix: 'Nothing to do.',
    fixBy: 'user',
    detect: (seen) => seen.step === 'connect' && signedIn(seen),
  },
  unknown: {
    title: 'Something unexpected happened',
    cause: '{server} answered something that we do not know, or the work on it broke off.',
    fix: 'Try again later. If it stays like this, give the administrator this reference: {reference}.',
    fixBy: 'us',
    retry: 'once',
    detect: () => true,
  },
} satisfies Record<string, Row>

export type OutcomeCode = keyof typeof table
export const outcomes: Record<OutcomeCode, Row> = table
export const outcomeCodes = Object.keys(table) as OutcomeCode[]

/** The first row, in the order of the table, that fits what was seen. */
export function diagnose(seen: Evidence): OutcomeCode {
  const code = outcomeCodes.find((code) => outcomes[code].detect?.(seen)) ?? 'unknown'
  // The post of an earlier check is still there, unless the account itself is the reason.
  const stillLeft = seen.leftBefore === true && seen.testPost === undefined && outcomes[code].fixBy !== 'user'
  return stillLeft ? 'test_post_left' : code
}

/** Which lookup of the identity may put a conclusion right. @param before how the step ended last time */
export function lookupFor({ step, identity }: Evidence, code: OutcomeCode, before: OutcomeCode | undefined) {
  const { lookup } = outcomes[code]
  if (identity || !lookup) return null
  return lookup === 'when_it_stays' && !(step === 'verify' && before === code) ? null : lookup
}
