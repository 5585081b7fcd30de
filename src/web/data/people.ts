// People as administrators see them, and what is done to them.
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import type { Invited, PasswordLink, PeopleFilter, PersonDetails, PersonPage } from '../../contract.ts'
import type { Role } from '../../input/account.ts'
import { call, query } from './http.ts'
import { queryClient } from './query-client.ts'
import { nameOf } from './session.ts'

const path = '/api/admin/people'
const everyMs = 30_000

export const usePeople = (filter: PeopleFilter, cursor: string | null) =>
  useQuery({
    queryKey: ['admin', 'people', filter, cursor],
    queryFn: ({ signal }) => call<PersonPage>(`${path}${query({ ...filter, limit: 25, cursor })}`, { signal }),
    refetchInterval: everyMs,
    placeholderData: keepPreviousData,
  })

const personKey = (id: string) => ['admin', 'person', id]

export const usePerson = (id: string) =>
  useQuery({
    queryKey: personKey(id),
    queryFn: ({ signal }) => call<PersonDetails>(`${path}/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: everyMs,
  })

const refresh = () => queryClient.invalidateQueries({ queryKey: ['admin'] })

export interface NewPerson {
  email: string
  role: Role
  /** without it they get a link to set one */
  password?: string
}

/** A link is held by who asks alone: not in the cache of what the API said. */
const secret = { gcTime: 0, onSuccess: refresh } as const

/** @returns the invitation, or null where a password was given */
export const useAddPerson = () =>
  useMutation({
    ...secret,
    mutationFn: async ({ password, ...person }: NewPerson): Promise<Invited | null> => {
      if (password === undefined) return call<Invited>(path, { method: 'POST', body: person })
      const body = { ...person, password, name: nameOf(person.email) }
      await call('/api/auth/admin/create-user', { method: 'POST', body })
      return null
    },
  })

export const useMakePasswordLink = (id: string) =>
  useMutation({
    ...secret,
    mutationFn: () =>
      call<PasswordLink>(`${path}/${encodeURIComponent(id)}/password-link`, { method: 'POST', body: {} }),
  })

export type Act =
  | { act: 'set-role'; role: Role }
  | { act: 'ban-user'; banReason?: string }
  | { act: 'unban-user' | 'revoke-user-sessions' | 'remove-user' }
  /** what the accounts library does not do: ends something of theirs */
  | { act: 'delete'; what: 'second-factor' | `sessions/${string}` }

export const useActOn = (userId: string) =>
  useMutation({
    mutationFn: (wanted: Act) => {
      if (wanted.act === 'delete') {
        return call(`${path}/${encodeURIComponent(userId)}/${wanted.what}`, { method: 'DELETE' })
      }
      const { act, ...body } = wanted
      return call(`/api/auth/admin/${act}`, { method: 'POST', body: { userId, ...body } })
    },
    // Whoever is removed is not asked for again.
    onSuccess: (_done, { act }) => (act === 'remove-user' ? undefined : refresh()),
  })

/** Who was removed stands in no list that is shown before it is asked for again. */
export const forgetLists = () => queryClient.removeQueries({ queryKey: ['admin', 'people'] })

export const forgetPerson = (id: string) => queryClient.removeQueries({ queryKey: personKey(id) })
