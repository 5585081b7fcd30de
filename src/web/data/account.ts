// Your own account: second factor, sessions, password, mails, deletion.
import { useMutation, useQuery } from '@tanstack/react-query'
import type { EmailChange, SessionList, Subscriptions, Unsubscribed } from '../../contract.ts'
import { call } from './http.ts'
import { queryClient } from './query-client.ts'
import { refreshMe } from './session.ts'

const post = <T>(path: string, body: object) => call<T>(`/api/auth/${path}`, { method: 'POST', body })
const sessionsKey = ['sessions']
const sessionsChanged = () => queryClient.invalidateQueries({ queryKey: sessionsKey })

export const useSessions = () =>
  useQuery({ queryKey: sessionsKey, queryFn: ({ signal }) => call<SessionList>('/api/sessions', { signal }) })

/** @param id of one session; without it every other one ends */
export const useEndSessions = () =>
  useMutation({
    mutationFn: (id?: string) => call(`/api/sessions${id ? `/${id}` : ''}`, { method: 'DELETE' }),
    onSettled: sessionsChanged,
  })

export const useChangePassword = () =>
  useMutation({
    mutationFn: (passwords: { currentPassword: string; newPassword: string }) =>
      post('change-password', { ...passwords, revokeOtherSessions: true }),
    onSuccess: sessionsChanged,
  })

export interface SetUp {
  totpURI: string
  backupCodes: string[]
}

/** Held in the memory of the component that asks, and nowhere else: not in the cache of what the API said. */
const secret = { gcTime: 0 } as const

export const useBeginSetUp = () =>
  useMutation({ ...secret, mutationFn: (password: string) => post<SetUp>('two-factor/enable', { password }) })

export const useConfirmSetUp = () =>
  useMutation({
    mutationFn: (code: string) => post('two-factor/verify-totp', { code }),
    onSuccess: sessionsChanged,
  })

export const useNewRecoveryCodes = () =>
  useMutation({
    ...secret,
    mutationFn: (password: string) =>
      post<Pick<SetUp, 'backupCodes'>>('two-factor/generate-backup-codes', { password }),
  })

export const useTurnOff = () =>
  useMutation({
    mutationFn: async (password: string) => {
      await post('two-factor/disable', { password })
      await Promise.all([refreshMe(), sessionsChanged()])
    },
  })

export const useForgotPassword = () =>
  useMutation({ mutationFn: (email: string) => post('request-password-reset', { email }) })

/** Every session ends, that of this browser among them. */
export const useResetPassword = () =>
  useMutation({
    mutationFn: async (body: { token: string; newPassword: string }) => {
      await post('reset-password', body)
      await refreshMe()
    },
  })

export const useSendProof = () =>
  useMutation({ mutationFn: (email: string) => post('send-verification-email', { email }) })

/** By the link of a mail. `change`: it becomes the address of the account. */
export const useProveAddress = (way: 'proof' | 'change') =>
  useMutation({
    mutationFn: async (token: string) => {
      const path = way === 'proof' ? '/api/address-proof' : '/api/me/email/confirm'
      await call(path, { method: 'POST', body: { token } })
      await refreshMe()
    },
  })

const subscriptionsKey = ['subscriptions']

export const useSubscriptions = () =>
  useQuery({
    queryKey: subscriptionsKey,
    queryFn: ({ signal }) => call<Subscriptions>('/api/subscriptions', { signal }),
  })

/** What is not said stays as it is. */
export const useChooseMails = () =>
  useMutation({
    mutationFn: (choice: Partial<Subscriptions>) =>
      call<Subscriptions>('/api/subscriptions', { method: 'PUT', body: choice }),
    onSuccess: (saved) => queryClient.setQueryData(subscriptionsKey, saved),
  })

/** @param token out of the link of a mail */
export const useUnsubscribe = () =>
  useMutation({
    mutationFn: (token: string) =>
      call<Unsubscribed>(`/api/unsubscribe/${encodeURIComponent(token)}`, { method: 'POST' }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: subscriptionsKey }),
  })

export const useChangeEmail = () =>
  useMutation({
    mutationFn: (email: string) => call<EmailChange>('/api/me/email', { method: 'POST', body: { email } }),
    onSuccess: async ({ changed }) => {
      if (changed) await refreshMe()
    },
  })

export const exportAddress = '/api/me/export'

export const useDeleteAccount = () =>
  useMutation({ mutationFn: (password: string) => post('delete-user', { password }) })
