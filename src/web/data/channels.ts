// One's own channels: the list in the cache, kept newest by the event stream, and what can be done with a channel.
import { useInfiniteQuery, useMutation, useQuery, type InfiniteData } from '@tanstack/react-query'
import type {
  Channel,
  ChannelPage,
  ChannelSummary,
  ChannelWithAttempts,
  ConnectBody,
  ManyResults,
  RemovedEvent,
} from '../../contract.ts'
import { useEffect } from 'react'
import { rankOf } from '../../outcomes/ranks.ts'
import { ApiError, call, query } from './http.ts'
import { queryClient } from './query-client.ts'
import { refreshRemovals } from './removals.ts'
import { noticePause } from './session.ts'

type Pages = InfiniteData<ChannelPage, string | null>

const listKey = ['channels'] as const
const summaryKey = ['channels-summary'] as const
const oneKey = (id: string) => ['channel', id] as const
const brokenStreamMs = 3_000
const safetyMs = 20_000
/** What is on the screen first comes first. */
const firstPage = 25
const furtherPages = 100
/** Whoever has more loads them by hand. */
const loadedByItself = 1_000

export const isInStep = ({ status }: Channel) => status === 'connecting' || status === 'verifying'

export const isMoving = (channel: Channel) => isInStep(channel) || channel.status === 'retrying'

const newer = (a: Channel, b: Channel | undefined) => (b && b.revision > a.revision ? b : a)

/** Compares as the list does: what needs somebody first, then newest first. @param held ranks to go by instead */
export function inOrder(held?: Map<string, number>) {
  const rank = ({ id, status }: Channel) => held?.get(id) ?? rankOf(status)
  // Ids grow with time.
  return (a: Channel, b: Channel) => rank(a) - rank(b) || (a.id < b.id ? 1 : -1)
}

/**
 * What was heard of channels since the list was last asked for from its beginning; null: it is gone.
 * A response that was on its way meanwhile does not know of it, and must not undo it.
 */
const heard = new Map<string, Channel | null>()

function withHeard({ pages, pageParams }: Pages): Pages {
  const listed = new Set<string>()
  const merged = pages.map((page) => ({
    ...page,
    channels: page.channels.flatMap((each) => {
      const said = heard.get(each.id)
      // One that changed its status may come with two pages.
      if (said === null || listed.has(each.id)) return []
      listed.add(each.id)
      return newer(each, said)
    }),
  }))
  const [first] = merged
  const compare = inOrder()
  const last = merged
    .flatMap(({ channels }) => channels)
    .toSorted(compare)
    .at(-1)
  const isWhole = merged.at(-1)?.nextCursor === null
  for (const channel of heard.values()) {
    if (!channel || listed.has(channel.id)) continue
    // What stands behind all that is loaded comes with its own page.
    if (isWhole || (last && compare(channel, last) < 0)) first?.channels.push(channel)
  }
  return { pages: merged, pageParams }
}

/** @param live whether the event stream delivers; otherwise the list is asked for every few seconds */
export function useChannels(live: boolean) {
  return useInfiniteQuery({
    queryKey: listKey,
    queryFn: ({ pageParam, signal }) => {
      if (pageParam === null) heard.clear()
      const limit = pageParam === null ? firstPage : furtherPages
      return call<ChannelPage>(`/api/channels${query({ cursor: pageParam, limit })}`, { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    structuralSharing: (_before, response) => withHeard(response as Pages),
    refetchInterval: ({ state }) => {
      const pages = state.data?.pages ?? []
      // All pages are asked for each time.
      if (!live) return brokenStreamMs * Math.max(1, pages.length)
      return pages.some((page) => page.channels.some(isMoving)) ? safetyMs * pages.length : false
    },
  })
}

/** Loads what follows the first page, so that all of it can be searched. @returns whether everything is there */
export function useWholeList({
  data,
  hasNextPage,
  isFetching,
  isError,
  fetchNextPage,
}: ReturnType<typeof useChannels>) {
  const count = data?.pages.reduce((sum, page) => sum + page.channels.length, 0) ?? 0
  const isDue = hasNextPage && !isFetching && !isError && count < loadedByItself
  useEffect(() => {
    if (isDue) void fetchNextPage()
  }, [isDue, fetchNextPage])
  return { isWhole: data !== undefined && !hasNextPage, isLoading: hasNextPage && count < loadedByItself && !isError }
}

/** Without the event stream, as on other pages, what becomes of channels is to be seen soon enough. */
const summaryMs = 60_000
/** What happens together is counted together. */
const togetherMs = 500

export const useOwnSummary = () =>
  useQuery({
    queryKey: summaryKey,
    queryFn: ({ signal }) => call<ChannelSummary>('/api/channels/summary', { signal }),
    refetchInterval: summaryMs,
  })

let summaryTimer: number | undefined
export function refreshOwnSummary(): void {
  window.clearTimeout(summaryTimer)
  summaryTimer = window.setTimeout(() => void queryClient.invalidateQueries({ queryKey: summaryKey }), togetherMs)
}

/** A channel with its attempts; asked for again whenever the channel changes. */
export const useChannelDetail = (channel: Channel) =>
  useQuery({
    queryKey: [...oneKey(channel.id), channel.revision],
    queryFn: ({ signal }) => call<ChannelWithAttempts>(`/api/channels/${channel.id}`, { signal }),
    placeholderData: (before) => before,
  })

const applyHeard = () => queryClient.setQueryData<Pages>(listKey, (pages) => (pages ? withHeard(pages) : pages))

export const cachedChannels = (): Channel[] =>
  queryClient.getQueryData<Pages>(listKey)?.pages.flatMap((page) => page.channels) ?? []

/** Puts the new states of channels into the list. */
export function putChannels(channels: Channel[]): void {
  for (const channel of channels) {
    const known = heard.get(channel.id)
    if (known !== null) heard.set(channel.id, newer(channel, known))
  }
  applyHeard()
}

const putChannel = (channel: Channel) => putChannels([channel])

export function dropChannel({ id }: Pick<RemovedEvent, 'id'>): void {
  heard.set(id, null)
  applyHeard()
  queryClient.removeQueries({ queryKey: oneKey(id) })
}

export const refreshChannels = () => queryClient.invalidateQueries({ queryKey: listKey })

/**
 * Connects an account, or a channel again by its id.
 * @param key the same with the same input, so that a repeated click or a lost response counts once
 */
export const useConnect = (id?: string) =>
  useMutation({
    mutationFn: ({ key, identifier, appPassword }: ConnectBody & { key: string }) =>
      id
        ? call<Channel>(`/api/channels/${id}/reconnect`, { method: 'POST', body: { appPassword } })
        : call<Channel>('/api/channels/bluesky', {
            method: 'POST',
            body: { identifier, appPassword },
            headers: { 'idempotency-key': key },
          }),
    onSuccess: putChannel,
    onError: noticePause,
    gcTime: 0,
  })

/** As many as a call takes. */
const mostAtOnce = 100

/** Puts labels on channels and takes others off. @returns why some were left as they are */
export const useChangeGroups = () =>
  useMutation({
    mutationFn: async ({ ids, ...change }: { ids: string[]; add?: string[]; remove?: string[] }) => {
      const refused: ApiError[] = []
      for (let from = 0; from < ids.length; from += mostAtOnce) {
        const body = { ...change, ids: ids.slice(from, from + mostAtOnce) }
        const { results } = await call<ManyResults>('/api/channels/groups', { method: 'POST', body })
        putChannels(results.flatMap(({ channel }) => channel ?? []))
        refused.push(...results.flatMap(({ problem }) => (problem ? refusalOf(problem) : [])))
      }
      return refused
    },
  })

/** What one of many was refused with, as if it had been asked for alone. */
export const refusalOf = ({
  code,
  detail,
  retryAfterSeconds,
}: NonNullable<ManyResults['results'][number]['problem']>) =>
  new ApiError(422, code, { detail }, retryAfterSeconds === null ? null : String(retryAfterSeconds))

/** Begins what a channel can do without a new password: a check, or its failed step again. */
export const useStart = (id: string) =>
  useMutation({
    mutationFn: (what: 'verify' | 'retry') =>
      call<Channel>(`/api/channels/${id}/${what}`, { method: 'POST', body: {} }),
    onSuccess: putChannel,
    onError: noticePause,
  })

export const useAskAdmin = (id: string) =>
  useMutation({
    mutationFn: () => call<Channel>(`/api/channels/${id}/ask`, { method: 'POST', body: {} }),
    onSuccess: putChannel,
  })

export const useRemove = () =>
  useMutation({
    mutationFn: ({ id, appPassword }: { id: string; appPassword?: string | null }) =>
      call<void>(`/api/channels/${id}${query({ appPassword })}`, { method: 'DELETE' }),
    onSuccess: (_, { id }) => {
      dropChannel({ id })
      refreshRemovals()
    },
  })
