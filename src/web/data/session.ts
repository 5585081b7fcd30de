// Who is signed in, and signing in, up and out.
import { useMutation, useQuery } from '@tanstack/react-query'
import type { About, Me } from '../../contract.ts'
import { ApiError, call, randomId } from './http.ts'
import { queryClient } from './query-client.ts'

export interface Credentials {
  email: string
  password: string
}

/** The session is that of the browser: when one tab changes it, the others ask who they are now. */
const changedKey = 'session-changed'
window.addEventListener('storage', ({ key }) => {
  if (key === changedKey) void queryClient.invalidateQueries({ queryKey: ['me'] })
})
function tellOtherTabs() {
  try {
    localStorage.setItem(changedKey, randomId())
  } catch {
    // Without storage they ask when they are looked at.
  }
}

const askMe = () =>
  call<Me>('/api/me').catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  })

const beenHereKey = 'been-here'

/** Somebody has been signed in in this browser before. */
export function wasHere(): boolean {
  try {
    return localStorage.getItem(beenHereKey) !== null
  } catch {
    return false
  }
}
function noteVisit() {
  try {
    localStorage.setItem(beenHereKey, 'yes')
  } catch {
    // Without storage every visit is the first.
  }
}

async function fetchMe(): Promise<Me | null> {
  const before = queryClient.getQueryData<Me | null>(['me'])
  const me = await askMe()
  if (me) noteVisit()
  if (before === undefined || before?.id === me?.id) return me
  forgetOthers()
  if (!before || !me) return me
  // Somebody else signed in in another tab: nothing that this page holds, on the screen or under way, is theirs.
  location.reload()
  return before
}

/** While connections are paused; that they go on is to be seen soon. */
const PAUSED_MS = 30_000

/** null when nobody is signed in */
export const useMe = () =>
  useQuery({
    queryKey: ['me'],
    queryFn: fetchMe,
    staleTime: 60_000,
    refetchOnWindowFocus: 'always',
    refetchInterval: ({ state }) => (state.data?.paused ? PAUSED_MS : false),
  })

export const usePaused = () => useMe().data?.paused === true

export const useAbout = () =>
  useQuery({
    queryKey: ['about'],
    queryFn: () => call<About>('/api/about'),
    staleTime: 300_000,
  })

/** Nothing of whoever was signed in before is shown to the next one. `me` itself is watched, so it is replaced instead. */
const forgetOthers = () => queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' })

/** Until they have another. */
export const nameOf = (email: string) => email.split('@')[0] || email

export const refreshMe = () => queryClient.fetchQuery({ queryKey: ['me'], queryFn: fetchMe, staleTime: 0 })

/** Where `error` says that connections are paused, the whole page is to say so. */
export function noticePause(error: Error): void {
  if (!(error instanceof ApiError) || error.code !== 'integration_disabled') return
  queryClient.setQueryData<Me | null>(['me'], (me) => me && { ...me, paused: true })
}

async function signedIn() {
  tellOtherTabs()
  forgetOthers()
  await refreshMe()
}

/** What has to follow: a code of the second factor, a look into the mailbox, or nothing. */
export type Following = 'code' | 'mail' | null

/** Signs in or up; afterwards `useMe` knows who it is, unless something has to follow. */
export const useEnter = (way: 'in' | 'up') =>
  useMutation({
    mutationFn: async ({ email, password }: Credentials): Promise<Following> => {
      const said = await call<{ twoFactorRedirect?: boolean; token?: string | null }>(`/api/auth/sign-${way}/email`, {
        method: 'POST',
        body: { email, password, ...(way === 'up' ? { name: nameOf(email) } : {}) },
      })
      if (said.twoFactorRedirect) return 'code'
      if (said.token === null) return 'mail'
      await signedIn()
      return null
    },
  })

export type CodeKind = 'app' | 'recovery'

/** The second half of a sign-in. */
export const useEnterCode = (kind: CodeKind) =>
  useMutation({
    mutationFn: async (code: string) => {
      await call(`/api/auth/two-factor/verify-${kind === 'app' ? 'totp' : 'backup-code'}`, {
        method: 'POST',
        body: { code },
      })
      await signedIn()
    },
  })

/** Afterwards the session counts as fresh for a while. */
export const useConfirmPassword = () =>
  useMutation({
    mutationFn: (password: string) => call('/api/auth/verify-password', { method: 'POST', body: { password } }),
  })

export const useSignOut = () =>
  useMutation({
    mutationFn: () => call('/api/auth/sign-out', { method: 'POST', body: {} }),
    onSuccess: () => {
      queryClient.setQueryData(['me'], null)
      forgetOthers()
      tellOtherTabs()
    },
  })
