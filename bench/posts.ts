// Posts connects to the program, of accounts that `bench/accounts-server.ts` has.
import { randomUUID } from 'node:crypto'
import { didOf } from './accounts-server.ts'
import { PASSWORD, type Program, type User } from './program.ts'

/** One alone may have a part of a process only. */
const USERS = 20
const AT_ONCE = 20

export function signUpSome({ signIn }: Program): Promise<User[]> {
  const person = () => ({ email: `${randomUUID()}@example.com`, password: PASSWORD, name: 'Bench' })
  return Promise.all(Array.from({ length: USERS }, () => signIn('sign-up/email', person())))
}

/** Of the accounts with these numbers, the last one not among them. */
export async function postConnects(users: User[], from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, index) => from + index).values()
  const postRest = async () => {
    for (const number of numbers) {
      // By DID: what a handle costs is up to somebody's DNS.
      const login = { identifier: didOf(number), appPassword: 'abcd-efgh-ijkl-mnop' }
      await users[number % users.length]?.request('POST', '/api/channels/bluesky', login)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, postRest))
}
