// What became of the sessions of removed channels, and the app passwords that may be deleted with one.
import { useMutation, useQuery } from '@tanstack/react-query'
import type { AppPasswords, Removal, RemovalList } from '../../contract.ts'
import { call } from './http.ts'
import { queryClient } from './query-client.ts'

const key = ['removals'] as const
const brokenStreamMs = 3_000
const safetyMs = 20_000

/** @param live whether the event stream delivers; otherwise those that are under way are asked for every few seconds */
export const useRemovals = (live: boolean) =>
  useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => (await call<RemovalList>('/api/removals', { signal })).removals,
    refetchInterval: ({ state }) => {
      if (!state.data?.some(({ session }) => session === 'ending')) return false
      return live ? safetyMs : brokenStreamMs
    },
  })

/** The first of many is asked for at once, those that follow together. */
const togetherMs = 300
let timer: number | undefined
let isDue = false
export function refreshRemovals(): void {
  isDue = timer !== undefined
  if (isDue) return
  void queryClient.invalidateQueries({ queryKey: key })
  timer = window.setTimeout(() => {
    timer = undefined
    if (isDue) refreshRemovals()
  }, togetherMs)
}

/** Puts how a removal ended in the place of what was known of it. */
export function putRemoval(removal: Removal): void {
  queryClient.setQueryData<Removal[]>(key, (known = []) => [removal, ...known.filter(({ id }) => id !== removal.id)])
}

export const usePutAway = () =>
  useMutation({
    mutationFn: (id: string) => call<void>(`/api/removals/${id}`, { method: 'DELETE' }),
    onMutate: (id) => queryClient.setQueryData<Removal[]>(key, (known) => known?.filter((one) => one.id !== id)),
    onSettled: refreshRemovals,
  })

export const usePutAllAway = () =>
  useMutation({
    mutationFn: () => call<void>('/api/removals', { method: 'DELETE' }),
    onMutate: () =>
      queryClient.setQueryData<Removal[]>(key, (known) => known?.filter(({ session }) => session === 'ending')),
    onSettled: refreshRemovals,
  })

const pollMs = 500
/** After which nobody waits any longer. */
const polls = 50

/** Asks the server of a channel for the names of its app passwords, which a job does. @param wanted false: not now */
export const useAppPasswords = (channelId: string, wanted: boolean) =>
  useQuery({
    queryKey: ['app-passwords', channelId],
    queryFn: async ({ signal }): Promise<AppPasswords> => {
      const path = `/api/channels/${channelId}/app-passwords`
      let known = await call<AppPasswords>(path, { method: 'POST', body: {}, signal })
      for (let round = 0; known.state === 'asking' && round < polls; round++) {
        await new Promise((resolve) => setTimeout(resolve, pollMs))
        known = await call<AppPasswords>(path, { signal })
      }
      return known
    },
    enabled: wanted,
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  })
