// The accounts of the demo: one for each class of outcome that a person can be shown.

export type Recipe = {
  handle: string
  /** code of the outcome that it reaches */
  expect: string
  note: string
  /** absent: there is no such account */
  on?: 'pdsUrl' | 'otherPdsUrl'
  /**
   * on a host: its identity names a server of its own, behind the PDS where it signs in; moved: to the other PDS, with all
   * that it has; half moved: so says its identity alone
   */
  state?: 'deactivated' | 'taken down' | 'moved' | 'half moved' | 'renamed' | 'on a host' | 'without a server'
  /** the handle that it gets: at once where its state is renamed, else soon after its first sign-in */
  becomes?: string
  /** what its password is, where it is not a plain app password */
  kind?: 'with DM access' | 'main password'
  /** what is pasted instead of the handle */
  typed?: string
  /** what others see of it; the picture is a file of this folder */
  profile?: { name: string; picture?: string }
  /** what is pasted instead of a password of the account */
  pasted?: string
}

// Any value of the right shape that no server has given out.
const wrongAppPassword = 'aaaa-bbbb-cccc-dddd'

// What `demo-front.ts` answers for comes early, so that its trouble is over when somebody goes through all of them twice.
export const recipes: Recipe[] = [
  {
    handle: 'sunny.test',
    on: 'pdsUrl',
    expect: 'connected',
    profile: { name: 'Sunny Day', picture: 'sun.png' },
    note: 'An account in good order: it signs in, proves that it can post and is connected.',
  },
  {
    handle: 'revoked.test',
    on: 'pdsUrl',
    expect: 'connected',
    note: 'Once it is connected, ./service.sh demo revoke deletes its app password: the next check, half a minute later at the most, says so in the open page.',
  },
  {
    handle: 'caterpillar.test',
    on: 'pdsUrl',
    becomes: 'butterfly.test',
    expect: 'connected',
    note: 'Seconds after it has signed in it is renamed to butterfly.test: the next check shows that, and it still reconnects.',
  },
  {
    handle: 'xn--mller-kva.test',
    typed: 'müller.test',
    on: 'pdsUrl',
    expect: 'connected',
    note: 'An international handle: servers know its ASCII form, people see what they typed.',
  },
  {
    handle: 'short.test',
    typed: 'short',
    on: 'pdsUrl',
    expect: 'connected',
    note: 'A bare name: it gets the first domain under which the server gives out handles.',
  },
  {
    handle: 'rate-limited.test',
    on: 'pdsUrl',
    expect: 'login_rate_limited',
    note: 'The server takes no sign-in for a few seconds and says so; then it is tried again and connects.',
  },
  {
    handle: 'walled.test',
    on: 'pdsUrl',
    expect: 'server_protected',
    note: 'Something in front of its server wants to be shown a browser, twice; a minute and five minutes later it is tried again and connects.',
  },
  {
    handle: 'down.test',
    on: 'pdsUrl',
    expect: 'pds_unreachable',
    note: 'The connection is cut, as if the server went down; a minute later it is tried again and connects.',
  },
  {
    handle: 'overloaded.test',
    on: 'pdsUrl',
    state: 'on a host',
    expect: 'pds_error',
    note: 'It signs in; then its server reports a fault of its own. A minute later it is tried again and connects.',
  },
  {
    handle: 'writes-limited.test',
    on: 'pdsUrl',
    expect: 'write_rate_limited',
    note: 'It signs in, but may post no more for a few seconds; then it is tried again and connects.',
  },
  {
    handle: 'crowded.test',
    on: 'pdsUrl',
    state: 'on a host',
    expect: 'ip_rate_limited',
    note: 'Its server takes nothing from anybody here for a few seconds; then it is tried again and connects.',
  },
  {
    handle: 'dm-access.test',
    on: 'pdsUrl',
    kind: 'with DM access',
    expect: 'app_password_has_dm_access',
    profile: { name: '\u200B\u2060\u3164' },
    note: 'Connected, with a remark: the app password may read direct messages. Its name is invisible, so that its handle is shown.',
  },
  {
    handle: 'other-software.test',
    on: 'pdsUrl',
    expect: 'test_post_unsupported',
    profile: { name: 'نور القمر', picture: 'moon.png' },
    note: 'Connected, with a remark: the server refuses the test write without saying why, as other software does. Its name runs from right to left.',
  },
  {
    handle: 'writes-anyway.test',
    on: 'pdsUrl',
    state: 'on a host',
    expect: 'test_post_published',
    note: 'Connected, with a remark: the server publishes the test post, which is removed at once. It never gets a second one.',
  },
  {
    handle: 'hidden.test',
    on: 'pdsUrl',
    expect: 'hidden_on_bluesky',
    note: 'Connected, with a warning: its own server takes posts, but Bluesky does not show the account.',
  },
  {
    handle: 'wrong-password.test',
    on: 'pdsUrl',
    pasted: wrongAppPassword,
    expect: 'bad_credentials',
    note: 'The account is fine, but the app password is not one of its own.',
  },
  {
    handle: 'main-password.test',
    on: 'pdsUrl',
    kind: 'main password',
    expect: 'main_password_used',
    note: 'The main password of the account, which happens to look like an app password.',
  },
  {
    handle: 'second-factor.test',
    pasted: wrongAppPassword,
    expect: 'two_factor_required',
    note: 'The server asks for a code by e-mail, which it does for a main password only.',
  },
  {
    handle: 'may-not-post.test',
    on: 'pdsUrl',
    expect: 'scope_missing',
    note: 'The app password signs in, but was made without the right to post.',
  },
  {
    handle: 'no-app-passwords.test',
    pasted: wrongAppPassword,
    expect: 'app_passwords_unsupported',
    note: 'An account that the server lets in by another way only.',
  },
  {
    handle: 'session-refused.test',
    on: 'pdsUrl',
    expect: 'token_rejected',
    note: 'The server signs in, and then refuses the session that it has given.',
  },
  {
    handle: 'session-ended.test',
    on: 'pdsUrl',
    expect: 'session_revoked',
    note: 'As if the app password were removed as soon as it has signed in.',
  },
  {
    handle: 'record-refused.test',
    on: 'pdsUrl',
    expect: 'record_rejected',
    note: 'The server does not accept the record with which posting is checked, whatever the app password.',
  },
  {
    handle: 'unheard-of.test',
    pasted: wrongAppPassword,
    expect: 'unknown',
    note: 'An answer that nobody has seen before; it is tried once more, a minute later.',
  },
  {
    handle: 'deactivated.test',
    on: 'pdsUrl',
    state: 'deactivated',
    expect: 'account_deactivated',
    note: 'The owner has paused the account: it still signs in, but it cannot post.',
  },
  {
    handle: 'taken-down.test',
    on: 'pdsUrl',
    state: 'taken down',
    expect: 'account_taken_down',
    note: 'Moderators have taken the account down; the server answers as if the app password were wrong.',
  },
  {
    handle: 'suspended.test',
    on: 'pdsUrl',
    expect: 'account_suspended',
    note: 'Suspended for a while; here too the server answers as if the app password were wrong.',
  },
  {
    handle: 'unverified.test',
    pasted: wrongAppPassword,
    expect: 'account_unverified',
    note: 'The server wants the e-mail address of the account verified first.',
  },
  {
    handle: 'queued.test',
    pasted: wrongAppPassword,
    expect: 'signup_pending',
    note: 'The server has a queue for new accounts, and this one is in it: it is tried again every hour.',
  },
  {
    handle: 'moved.test',
    on: 'pdsUrl',
    state: 'moved',
    expect: 'account_moved',
    note: 'The account has moved to the second PDS. Reconnected with the app password that it has there ({there}), it waits for the admin as elsewhere.other.test does, and connects as that does.',
  },
  {
    handle: 'half-moved.other.test',
    on: 'otherPdsUrl',
    state: 'half moved',
    expect: 'account_not_here',
    note: 'Its public record names the first PDS, which does not have the account: only the second one does.',
  },
  {
    handle: 'no-posts.test',
    on: 'pdsUrl',
    state: 'on a host',
    expect: 'account_server_not_a_pds',
    note: 'The account names a server that knows nothing of posts.',
  },
  {
    handle: 'no-server.other.test',
    on: 'otherPdsUrl',
    state: 'without a server',
    expect: 'did_unresolvable',
    note: 'The public record of the account names no server any more.',
  },
  {
    handle: 'renamed.test',
    on: 'pdsUrl',
    state: 'renamed',
    becomes: 'renamed-since.test',
    expect: 'handle_mismatch',
    note: 'The handle still leads to the account, but that goes by another one now, which is offered and connects.',
  },
  {
    handle: 'did:plc:anotherpersonanotherpers',
    pasted: wrongAppPassword,
    expect: 'wrong_account',
    note: 'Asked for by its DID; the server signs in, but somebody else.',
  },
  {
    handle: 'elsewhere.other.test',
    on: 'otherPdsUrl',
    expect: 'wrong_server',
    note: 'The account lives on the second PDS, and sign-ins go to the first. It connects by itself as soon as the admin sets “Accounts on other servers” to “Follow”.',
  },
  {
    handle: 'did:web:localhost%3A1',
    pasted: wrongAppPassword,
    expect: 'identity_lookup_unavailable',
    note: 'Refused, and the web server with the public record of the account does not answer: it is looked up again.',
  },
  {
    handle: 'nobody.test',
    pasted: wrongAppPassword,
    expect: 'handle_not_found',
    note: 'A handle that nobody has.',
  },
  {
    handle: 'somebody@example.com',
    pasted: wrongAppPassword,
    expect: 'identifier_is_email',
    note: 'An e-mail address that the server refuses: only by a handle can be found out why.',
  },
  {
    handle: 'typed.test',
    pasted: 'my main password',
    expect: 'password_not_app_format',
    note: 'Not an app password at all: refused at once, and sent nowhere.',
  },
  {
    handle: 'sunny.test or short.test',
    pasted: wrongAppPassword,
    expect: 'identifier_malformed',
    note: 'Two handles in one text: refused at once, with the reason.',
  },
]
