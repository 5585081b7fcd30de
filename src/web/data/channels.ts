// One's own channels: the list in the cache, kept newest by the event stream, and what can be done with a channel.
import { useInfiniteQuery, useMutation, useQuery, type InfiniteData } from '@tanstack/react-query'
import type { Channel, ChannelPage, ChannelWithAttempts, ConnectBody, RemovedEvent } from '../../contract.ts'
import { call, query } from './http.ts'
import { queryClient } from './query-client.ts'
import { noticePause } from './session.ts'

type Pages = InfiniteData<ChannelPage, string | null>

const listKey = ['channels'] as const
const oneKey = (id: string) => ['channel', id] as const
const brokenStreamMs = 3_000
const safetyMs = 20_000

export const isMoving = ({ status }: Channel) =>
  status === 'connecting' || status === 'verifying' || status === 'retrying'

const newer = (a: Channel, b: Channel | undefined) => (b && b.revision > a.revision ? b : a)

/**
 * What was heard of channels since the list was last asked for from its beginning; null: it is gone.
 * A response that was on its way meanwhile does not know of it, and must not undo it.
 */
const heard = new Map<string, Channel | null>()

function withHeard({ pages, pageParams }: Pages): Pages {
  const listed = new Set(pages.flatMap((page) => page.channels.map(({ id }) => id)))
  const merged = pages.map((page) => ({
    ...page,
    channels: page.channels
      .filter(({ id }) => heard.get(id) !== null)
      .map((each) => newer(each, heard.get(each.id) ?? undefined)),
  }))
  for (const channel of heard.values()) {
    if (!channel || listed.has(channel.id)) continue
    // Ids grow with time and the newest stand first; what is older than all that is loaded comes with its own page.
    const page = merged.find(({ channels }) => channels.some(({ id }) => id < channel.id)) ?? merged.at(-1)
    if (!page || (page.nextCursor !== null && !page.channels.some(({ id }) => id < channel.id))) continue
    page.channels = [...page.channels, channel].toSorted((a, b) => (a.id < b.id ? 1 : -1))
  }
  return { pages: merged, pageParams }
}

/** @param live whether the event stream delivers; otherwise the list is asked for every few seconds */
export function useChannels(live: boolean) {
  return useInfiniteQuery({
    queryKey: listKey,
    queryFn: ({ pageParam, signal }) => {
      if (pageParam === null) heard.clear()
      return call<ChannelPage>(`/api/channels${query({ cursor: pageParam, limit: 50 })}`, { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    structuralSharing: (_before, response) => withHeard(response as Pages),
    refetchInterval: ({ state }) => {
      if (!live) return brokenStreamMs
      return state.data?.pages.some((page) => page.channels.some(isMoving)) ? safetyMs : false
    },
  })
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

/** Puts the new states of channels into the list, each at its place when it is new. */
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
    mutationFn: (id: string) => call<void>(`/api/channels/${id}`, { method: 'DELETE' }),
    onSuccess: (_, id) => dropChannel({ id }),
  })
