// Accounts and sessions, /api/auth, as the OpenAPI document has them.
import type { ErrorCode } from '../../errors.ts'
import * as shapes from './account-shapes.ts'
import { operation } from './operation.ts'

const { Done, OneUser, PasswordBody, SignedIn, UserIdBody } = shapes

const signsIn = ['set-auth-token', 'Set-Cookie'] as const
const ofNewPasswords: ErrorCode[] = [
  'password_too_short',
  'password_too_long',
  'password_is_address',
  'password_too_easy',
]
const ofPasswords: ErrorCode[] = ['wrong_password', 'sign_in_delayed']
const ofCodes: ErrorCode[] = [
  'sign_in_over',
  'too_many_codes',
  'codes_locked',
  'second_factor_off',
  'changed_meanwhile',
]
const ofMails: ErrorCode[] = ['mail_off', 'mail_quota_used']
/** Whatever is done to others. */
const acts = (...errors: ErrorCode[]) => ({
  errors: ['fresh_session_needed' as const, ...errors],
  counted: true as const,
})

export const accountOperations = {
  'post /api/auth/sign-up/email': operation('signUp', 'Make an account', shapes.SignedUp, {
    description: 'Where the installation sends e-mail, nobody is signed in by it: sign in afterwards.',
    body: shapes.SignUpBody,
    headers: [...signsIn],
    errors: ['sign_up_closed', 'email_taken', 'email_malformed', ...ofNewPasswords],
    counted: true,
    open: true,
  }),
  'post /api/auth/sign-in/email': operation('signIn', 'Sign in', SignedIn, {
    description:
      'Sets a cookie for browsers, and `set-auth-token`, which scripts send as a bearer token. An account with a second factor gets `twoFactorRedirect` and a cookie that goes with its code.',
    body: shapes.SignInBody,
    headers: [...signsIn],
    errors: ['wrong_email_or_password', 'email_malformed', 'user_banned', 'sign_in_delayed'],
    counted: true,
    open: true,
  }),
  'post /api/auth/sign-out': operation('signOut', 'End the session that asks', Done, {
    body: shapes.NothingBody,
    bodyOptional: true,
    headers: ['Set-Cookie'],
    open: true,
  }),
  'get /api/auth/get-session': operation('getSession', 'The session that asks, or null', shapes.OwnSession, {
    headers: [...signsIn],
    open: true,
  }),
  'post /api/auth/verify-password': operation('confirmPassword', 'Confirm the password', Done, {
    description: 'The session counts as fresh for ten minutes.',
    body: PasswordBody,
    errors: ofPasswords,
    counted: true,
  }),
  'post /api/auth/change-password': operation('changePassword', 'Change the password', shapes.ChangedPassword, {
    description: 'Every other session ends.',
    body: shapes.ChangePasswordBody,
    headers: [...signsIn],
    errors: [...ofPasswords, ...ofNewPasswords],
    counted: true,
  }),
  'post /api/auth/request-password-reset': operation(
    'requestPasswordReset',
    'Have a link for a new password sent',
    Done,
    {
      description: 'Answers the same for every address.',
      body: shapes.EmailBody,
      errors: ofMails,
      counted: true,
      open: true,
    },
  ),
  'post /api/auth/reset-password': operation('resetPassword', 'Set a new password by a link', Done, {
    description: 'Every session of the account ends.',
    body: shapes.ResetPasswordBody,
    errors: ['link_invalid', 'user_not_found', ...ofNewPasswords],
    counted: true,
    open: true,
  }),
  'post /api/auth/send-verification-email': operation(
    'sendAddressProof',
    'Have a link sent that proves an address',
    Done,
    {
      body: shapes.EmailBody,
      errors: [...ofMails, 'email_not_yours', 'email_proven'],
      counted: true,
      open: true,
    },
  ),
  'post /api/auth/delete-user': operation('deleteAccount', 'Delete your account', Done, {
    description: 'Its channels are removed, and their sessions ended at their servers.',
    body: PasswordBody,
    headers: ['Set-Cookie'],
    errors: [...ofPasswords, 'last_admin'],
    counted: true,
  }),
  'post /api/auth/two-factor/enable': operation(
    'enableSecondFactor',
    'Begin to set up a second factor',
    shapes.SecondFactorSetUp,
    {
      description: 'It counts as soon as a code of the app was sent to `POST /api/auth/two-factor/verify-totp`.',
      body: PasswordBody,
      headers: [...signsIn],
      errors: [...ofPasswords, 'second_factor_on'],
      counted: true,
    },
  ),
  'post /api/auth/two-factor/disable': operation('disableSecondFactor', 'Turn the second factor off', Done, {
    body: PasswordBody,
    headers: [...signsIn],
    errors: [...ofPasswords, 'second_factor_needed'],
    counted: true,
  }),
  'post /api/auth/two-factor/generate-backup-codes': operation(
    'renewRecoveryCodes',
    'Get new recovery codes',
    shapes.RecoveryCodes,
    {
      description: 'The old ones are void.',
      body: PasswordBody,
      errors: [...ofPasswords, 'second_factor_off'],
      counted: true,
    },
  ),
  'post /api/auth/two-factor/verify-totp': operation('sendCode', 'Send a code of the authenticator app', SignedIn, {
    description: 'Ends a sign-in that asks for it, with the cookie of that sign-in; or the set-up of a second factor.',
    body: shapes.CodeBody,
    headers: [...signsIn],
    errors: ['wrong_code', 'code_used', ...ofCodes],
    counted: true,
  }),
  'post /api/auth/two-factor/verify-backup-code': operation('sendRecoveryCode', 'Send a recovery code', SignedIn, {
    description: 'Ends a sign-in, as a code of the app does. Each counts once.',
    body: shapes.CodeBody,
    headers: [...signsIn],
    errors: ['wrong_recovery_code', ...ofCodes],
    counted: true,
  }),
  'post /api/auth/admin/create-user': operation('createUser', 'Make an account for somebody', OneUser, {
    body: shapes.CreateUserBody,
    ...acts('email_taken', 'email_malformed', 'role_unknown', ...ofNewPasswords),
  }),
  'post /api/auth/admin/set-role': operation(
    'setUserRole',
    'Make somebody an administrator, or a user again',
    OneUser,
    {
      body: shapes.SetRoleBody,
      ...acts('user_not_found', 'role_unknown', 'not_yourself', 'last_admin'),
    },
  ),
  'post /api/auth/admin/set-user-password': operation('setUserPassword', 'Give somebody a new password', Done, {
    description: 'Every session of theirs ends.',
    body: shapes.SetPasswordBody,
    ...acts('user_not_found', ...ofNewPasswords),
  }),
  'post /api/auth/admin/ban-user': operation('banUser', 'Lock somebody out', OneUser, {
    body: shapes.BanBody,
    ...acts('user_not_found', 'not_yourself', 'last_admin'),
  }),
  'post /api/auth/admin/unban-user': operation('unbanUser', 'Let somebody in again', OneUser, {
    body: UserIdBody,
    ...acts('user_not_found'),
  }),
  'post /api/auth/admin/revoke-user-sessions': operation('endUserSessions', 'End every session of somebody', Done, {
    body: UserIdBody,
    ...acts(),
  }),
  'post /api/auth/admin/remove-user': operation('removeUser', 'Remove somebody', Done, {
    description: 'Their channels are removed, and the sessions of these ended at their servers.',
    body: UserIdBody,
    ...acts('user_not_found', 'not_yourself', 'last_admin'),
  }),
}
