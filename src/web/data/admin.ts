// What administrators read and change: options, audit list, connections of all users.
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import type {
  AuditPage,
  ConnectionPage,
  ConnectionWithAttempts,
  Options,
  OptionsBody,
  Retriable,
  Retried,
  SavedOptions,
  Summary,
} from '../../contract.ts'
import { call, query } from './http.ts'
import { queryClient } from './query-client.ts'

const optionsPath = '/api/admin/api-integration/bluesky'
const connectionsPath = '/api/admin/connections'
const liveMs = 5_000

export type Filter = Partial<Record<'status' | 'outcome' | 'fixBy' | 'server' | 'user' | 'q' | 'from' | 'to', string>>

export const useOptions = () =>
  useQuery({ queryKey: ['admin', 'options'], queryFn: ({ signal }) => call<Options>(optionsPath, { signal }) })

export const useSaveOptions = () =>
  useMutation({
    mutationFn: (body: OptionsBody) => call<SavedOptions>(optionsPath, { method: 'PUT', body }),
    onSuccess: (saved) => {
      queryClient.setQueryData<Options>(['admin', 'options'], saved)
      for (const part of ['audit', 'summary', 'connections']) {
        void queryClient.invalidateQueries({ queryKey: ['admin', part] })
      }
    },
  })

export const useAudit = () =>
  useInfiniteQuery({
    queryKey: ['admin', 'audit'],
    queryFn: ({ pageParam, signal }) =>
      call<AuditPage>(`/api/admin/audit${query({ limit: 10, cursor: pageParam })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })

export const useSummary = () =>
  useQuery({
    queryKey: ['admin', 'summary'],
    queryFn: ({ signal }) => call<Summary>(`${connectionsPath}/summary`, { signal }),
    refetchInterval: liveMs,
  })

export const useConnections = (filter: Filter, cursor: string | null) =>
  useQuery({
    queryKey: ['admin', 'connections', filter, cursor],
    queryFn: ({ signal }) =>
      call<ConnectionPage>(`${connectionsPath}${query({ ...filter, limit: 25, cursor })}`, { signal }),
    refetchInterval: liveMs,
    placeholderData: keepPreviousData,
  })

export const useConnection = (id: string) =>
  useQuery({
    queryKey: ['admin', 'connection', id],
    queryFn: ({ signal }) => call<ConnectionWithAttempts>(`${connectionsPath}/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: liveMs,
  })

export const csvAddress = (filter: Filter) => `${connectionsPath}.csv${query(filter)}`

const refresh = () => queryClient.invalidateQueries({ queryKey: ['admin'] })

export const useRetryOne = (id: string) =>
  useMutation({
    mutationFn: () => call<unknown>(`${connectionsPath}/${encodeURIComponent(id)}/retry`, { method: 'POST', body: {} }),
    onSuccess: refresh,
  })

/** How many of a filter failed and still can run again: their secrets are there. Counted once, not live. */
export const useRetriable = (filter: Filter) =>
  useQuery({
    queryKey: ['admin', 'retriable', filter],
    queryFn: ({ signal }) => call<Retriable>(`${connectionsPath}/retry${query(filter)}`, { signal }),
    staleTime: 30_000,
  })

export const useRetryAll = () =>
  useMutation({
    mutationFn: (filter: Filter) =>
      call<Retried>(`${connectionsPath}/retry`, {
        method: 'POST',
        body: Object.keys(filter).length > 0 ? filter : { all: true },
      }),
    onSuccess: refresh,
  })
