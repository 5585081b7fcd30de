// People as the samples of the pages have them.
import type { Person, PersonDetails } from '../../src/contract.ts'
import * as samples from './samples.ts'

const daysAgo = (days: number) => new Date(samples.now.getTime() - days * 86_400_000).toISOString()
const idOf = (n: number) => String(n).padStart(24, '0')

const person = (n: number, email: string, changes: Partial<Person> = {}): Person => ({
  id: idOf(n),
  email,
  name: email.split('@')[0] ?? '',
  role: 'user',
  state: 'active',
  lockedOut: null,
  emailVerified: true,
  secondFactor: false,
  channels: n * 3,
  createdAt: daysAgo(n * 9),
  lastSeenAt: daysAgo(n / 3),
  ...changes,
})

export const people = (): Person[] => [
  person(0, 'new.colleague@example.com', { state: 'invited', lastSeenAt: null, emailVerified: false }),
  person(1, 'grace@example.com', { name: 'Grace Hopper', role: 'admin', secondFactor: true }),
  person(2, `${'averylongname'.repeat(4)}@subdomain.example.com`, { channels: 1000 }),
  person(3, 'left@example.com', {
    state: 'locked_out',
    lockedOut: { reason: 'Left the company in October', until: null },
  }),
  person(4, 'ada@example.com'),
]

/** The n-th of them in full. */
export function details(n: number, changes: Partial<PersonDetails> = {}): PersonDetails {
  const [one = person(4, 'ada@example.com')] = people().slice(n)
  return {
    ...one,
    yourself: false,
    standing: { connected: n * 2, needsAction: n, oldestCheckAt: daysAgo(1) },
    sessions: one.lastSeenAt ? samples.sessions().map((session) => ({ ...session, current: false })) : [],
    acts: samples
      .audit()
      .slice(0, 1)
      .flatMap((entry) => [
        { ...entry, option: '', action: 'role_changed', whom: one.email, from: 'admin', to: 'user' },
        {
          ...entry,
          option: '',
          id: 'b',
          actor: 'command line',
          action: 'password_link_made',
          whom: one.email,
          from: '',
          to: '',
        },
      ]),
    ...changes,
  }
}

export const link = {
  link: `https://connect.example.com/invitation#shown-${'k3yOfThisSample'.repeat(2)}`,
  expiresAt: new Date(samples.now.getTime() + 7 * 86_400_000).toISOString(),
  mailed: true,
}
