// Which passwords the program's own accounts may have.
import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common'
import type { ErrorCode } from '../errors.ts'
import { PASSWORD_LENGTH } from '../input/account.ts'

const estimator = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs })
/** Of 4: one that is guessed in fewer than a hundred million tries has 2 or less. */
const LEAST_SCORE = 3
/** The work grows with the square of the length, and what is hard to guess by here is so as a whole. */
const LOOKED_AT = 32

const sentences = {
  password_too_short: `Use at least ${PASSWORD_LENGTH.min} characters.`,
  password_too_long: `Use at most ${PASSWORD_LENGTH.max} characters.`,
  password_is_address: 'The password must not be the e-mail address or a part of it.',
  password_too_easy:
    'That password is among the first that are guessed. Use several words that do not belong together.',
} as const satisfies Partial<Record<ErrorCode, string>>

type PasswordProblem = { code: keyof typeof sentences; message: string }

/** @param email of the account, where it is known */
export function passwordProblem(password: string, email: string | undefined): PasswordProblem | null {
  const code = codeOf(password, email)
  return code && { code, message: sentences[code] }
}

function codeOf(password: string, email: string | undefined): keyof typeof sentences | null {
  if (password.length < PASSWORD_LENGTH.min) return 'password_too_short'
  if (password.length > PASSWORD_LENGTH.max) return 'password_too_long'
  const plain = password.toLowerCase()
  const [address, local, domain] = partsOf(email)
  if (plain === address || plain === local || plain === domain) return 'password_is_address'
  const own = [address, local, domain].filter((part) => part !== undefined)
  const { score } = estimator.check(password.slice(0, LOOKED_AT), own)
  return score < LEAST_SCORE ? 'password_too_easy' : null
}

function partsOf(email: string | undefined): (string | undefined)[] {
  const address = email?.toLowerCase()
  return [address, ...(address?.split('@') ?? [])]
}
