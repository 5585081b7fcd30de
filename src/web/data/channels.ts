// One's own channels: the list in the cache, kept newest by the event stream, and what can be done with a channel.
import { useInfiniteQuery, useMutation, useQuery, type InfiniteData } from '@tanstack/react-query'
import type { Channel, ChannelPage, ChannelWithAttempts, ConnectBody, RemovedEvent } from '../../contract.ts'
import { call, query, randomId } from './http.ts'
import { queryClient } from './query-client.ts'

type Pages = InfiniteData<ChannelPage, string | null>

const listKey = ['channels'] as const
const oneKey = (id: string) => ['channel', id] as const
const brokenStreamMs = 3_000
const safetyMs = 20_000

export const isMoving = ({ status }: Channel) =>
  status === 'connecting' || status === 'verifying' || status === 'retrying'

/** An answer that was on its way while an event arrived must not put the channel back. */
const newer = (a: Channel, b: Channel | undefined) => (b && b.updatedAt > a.updatedAt ? b : a)

function keepNewest(before: unknown, after: unknown): unknown {
  if (!before || !after) return after
  const known = new Map(
    (before as Pages).pages.flatMap((page) => page.channels).map((channel) => [channel.id, channel]),
  )
  const { pages, pageParams } = after as Pages
  const merged = pages.map((page) => ({
    ...page,
    channels: page.channels.map((each) => newer(each, known.get(each.id))),
  }))
  return { pages: merged, pageParams }
}

/** @param live whether the event stream delivers; otherwise the list is asked for every few seconds */
export function useChannels(live: boolean) {
  return useInfiniteQuery({
    queryKey: listKey,
    queryFn: ({ pageParam, signal }) =>
      call<ChannelPage>(`/api/channels${query({ cursor: pageParam, limit: 50 })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    structuralSharing: keepNewest,
    refetchInterval: ({ state }) => {
      if (!live) return brokenStreamMs
      return state.data?.pages.some((page) => page.channels.some(isMoving)) ? safetyMs : false
    },
  })
}

/** A channel with its attempts; asked for again whenever the channel changes. */
export const useChannelDetail = (channel: Channel) =>
  useQuery({
    queryKey: [...oneKey(channel.id), channel.updatedAt],
    queryFn: ({ signal }) => call<ChannelWithAttempts>(`/api/channels/${channel.id}`, { signal }),
    placeholderData: (before) => before,
  })

const edit = (change: (pages: Pages) => Pages) =>
  queryClient.setQueryData<Pages>(listKey, (pages) => (pages ? change(pages) : pages))

export const cachedChannels = (): Channel[] =>
  queryClient.getQueryData<Pages>(listKey)?.pages.flatMap((page) => page.channels) ?? []

/** Puts the new state of a channel into the list, at the top when it is new. */
export function putChannel(channel: Channel): void {
  edit((data) => {
    const has = data.pages.some((page) => page.channels.some(({ id }) => id === channel.id))
    const pages = data.pages.map((page, index) => {
      const channels = page.channels.map((each) => (each.id === channel.id ? newer(channel, each) : each))
      return { ...page, channels: has || index > 0 ? channels : [channel, ...channels] }
    })
    return { ...data, pages }
  })
}

export function dropChannel({ id }: Pick<RemovedEvent, 'id'>): void {
  edit((data) => ({
    ...data,
    pages: data.pages.map((page) => ({ ...page, channels: page.channels.filter((each) => each.id !== id) })),
  }))
  queryClient.removeQueries({ queryKey: oneKey(id) })
}

export const refreshChannels = () => queryClient.invalidateQueries({ queryKey: listKey })

/** Connects an account. The same key goes out with the same input, so that a repeated click or a lost answer counts once. */
export function useConnect() {
  return useMutation({
    mutationFn: ({ key, ...body }: ConnectBody & { key: string }) =>
      call<Channel>('/api/channels/bluesky', { method: 'POST', body, headers: { 'idempotency-key': key } }),
    onSuccess: putChannel,
    gcTime: 0,
  })
}

export const newConnectKey = randomId

export const useReconnect = (id: string) =>
  useMutation({
    mutationFn: (appPassword: string) =>
      call<Channel>(`/api/channels/${id}/reconnect`, { method: 'POST', body: { appPassword } }),
    onSuccess: putChannel,
    gcTime: 0,
  })

export const useVerify = (id: string) =>
  useMutation({
    mutationFn: () => call<Channel>(`/api/channels/${id}/verify`, { method: 'POST', body: {} }),
    onSuccess: putChannel,
  })

export const useRemove = () =>
  useMutation({
    mutationFn: (id: string) => call<void>(`/api/channels/${id}`, { method: 'DELETE' }),
    onSuccess: (_, id) => dropChannel({ id }),
  })
