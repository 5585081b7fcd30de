// Who is signed in, and signing in, up and out.
import { useMutation, useQuery } from '@tanstack/react-query'
import { ApiError, call } from './http.ts'
import { queryClient } from './query-client.ts'

export interface Me {
  id: string
  email: string
  role: string
  signUpOpen: boolean
}

export interface Credentials {
  email: string
  password: string
}

async function fetchMe(): Promise<Me | null> {
  try {
    return await call<Me>('/api/me')
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}

/** null when nobody is signed in */
export const useMe = () => useQuery({ queryKey: ['me'], queryFn: fetchMe, staleTime: 60_000 })

export const useAbout = () =>
  useQuery({ queryKey: ['about'], queryFn: () => call<{ signUpOpen: boolean }>('/api/about'), staleTime: 300_000 })

/** Nothing of whoever was signed in before is shown to the next one. `me` itself is watched, so it is replaced instead. */
const forgetOthers = () => queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' })

const nameOf = (email: string) => email.split('@')[0] || email

/** Signs in or up; afterwards `useMe` knows who it is. */
export const useEnter = (way: 'in' | 'up') =>
  useMutation({
    mutationFn: async ({ email, password }: Credentials) => {
      await call(`/api/auth/sign-${way}/email`, {
        method: 'POST',
        body: { email, password, ...(way === 'up' ? { name: nameOf(email) } : {}) },
      })
      forgetOthers()
      await queryClient.fetchQuery({ queryKey: ['me'], queryFn: fetchMe, staleTime: 0 })
    },
  })

export const useSignOut = () =>
  useMutation({
    mutationFn: () => call('/api/auth/sign-out', { method: 'POST', body: {} }),
    onSuccess: () => {
      queryClient.setQueryData(['me'], null)
      forgetOthers()
    },
  })
