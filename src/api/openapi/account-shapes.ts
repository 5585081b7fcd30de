// The bodies of /api/auth: what comes is checked with these shapes before the accounts library sees it, what goes is described.
import { z } from 'zod'
import { PASSWORD_LENGTH, roles } from '../../input/account.ts'

const time = z.iso.datetime()
const atMost = (most: number) => z.string('must be text').max(most, `is longer than ${most} characters`)
const needed = (most: number) => atMost(most).min(1, 'is missing')
const otherField = z.unknown().refine((value) => JSON.stringify(value).length <= 2000, 'is longer than 2000 characters')

/** The library itself takes any length, and knows more fields than are of use here. */
const accountBody = <T extends z.ZodRawShape>(fields: T) =>
  z
    .object(fields)
    .catchall(otherField)
    .meta({ override: ({ jsonSchema }) => void delete jsonSchema.additionalProperties })

const email = needed(254).meta({ examples: ['you@example.com'] })
const password = needed(PASSWORD_LENGTH.max).meta({ format: 'password' })
const newPassword = needed(PASSWORD_LENGTH.max).meta({
  format: 'password',
  description: `at least ${PASSWORD_LENGTH.min} characters, and not easy to guess`,
})
const name = atMost(100)
const image = atMost(2000).nullish()
const userId = needed(100)
/** What is none is refused by the rules for accounts, whichever way it comes. */
const role = z.unknown().meta({ type: 'string', enum: [...roles] })
/** It gets to the database with the names that it comes with. */
const data = accountBody({ name: name.optional(), image })
  .refine((fields) => Object.keys(fields).every((field) => /^\w+$/.test(field)), 'has a field whose name cannot be one')
  .optional()

export const NothingBody = accountBody({})
export const SignUpBody = accountBody({ email, password: newPassword, name, image })
export const SignInBody = accountBody({ email, password })
export const PasswordBody = accountBody({ password })
export const ChangePasswordBody = accountBody({ currentPassword: password, newPassword })
export const EmailBody = accountBody({ email })
export const ResetPasswordBody = accountBody({ token: needed(2000).describe('out of the link'), newPassword })
export const CodeBody = accountBody({ code: needed(100).meta({ examples: ['123456'] }) })
export const UserIdBody = accountBody({ userId })
export const SetRoleBody = accountBody({ userId, role })
export const SetPasswordBody = accountBody({ userId, newPassword })
export const BanBody = accountBody({
  userId,
  banReason: atMost(2000).optional(),
  banExpiresIn: z.number('must be a number').describe('seconds; for good where it is not said').optional(),
})
export const CreateUserBody = accountBody({
  email,
  name,
  password: newPassword.optional(),
  role: role.optional(),
  data,
})

export const AccountUser = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  image: z.string().nullish(),
  emailVerified: z.boolean(),
  role: z.enum(roles).nullish(),
  twoFactorEnabled: z.boolean().nullish(),
  banned: z.boolean().nullish(),
  banReason: z.string().nullish(),
  banExpires: time.nullish(),
  createdAt: time,
  updatedAt: time,
})
export const SignedIn = z.object({
  token: z.string().nullish().describe('not the bearer token, which `set-auth-token` has'),
  user: AccountUser.optional(),
  redirect: z.boolean().optional(),
  twoFactorRedirect: z.boolean().optional().describe('a code has to follow'),
  twoFactorMethods: z.array(z.string()).optional(),
})
export const SignedUp = z.object({
  token: z.string().nullable().describe('null where a mail has to be answered first'),
  user: AccountUser.optional(),
})
export const ChangedPassword = z.object({ token: z.string().nullable(), user: AccountUser })
export const OwnSession = z
  .object({
    session: z.object({
      id: z.string(),
      userId: z.string(),
      token: z.string(),
      ipAddress: z.string().nullish(),
      userAgent: z.string().nullish(),
      impersonatedBy: z.string().nullish(),
      confirmedAt: time.nullish(),
      expiresAt: time,
      createdAt: time,
      updatedAt: time,
    }),
    user: AccountUser,
  })
  .nullable()
export const Done = z.object({
  status: z.boolean().optional(),
  success: z.boolean().optional(),
  message: z.string().optional(),
})
export const SecondFactorSetUp = z.object({
  totpURI: z.string().describe('for the authenticator app'),
  backupCodes: z.array(z.string()),
  method: z.string().optional(),
})
export const RecoveryCodes = z.object({ status: z.boolean().optional(), backupCodes: z.array(z.string()) })
export const OneUser = z.object({ user: AccountUser })
