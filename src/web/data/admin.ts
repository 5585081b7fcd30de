// What administrators read and change: options, audit list, connections of all users.
import { keepPreviousData, notifyManager, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import type {
  ActBody,
  ActResults,
  AuditPage,
  ConnectionCounts,
  ConnectionPage,
  ConnectionSort,
  ConnectionWithAttempts,
  IncidentPage,
  OpenIncidents,
  Options,
  OptionsBody,
  Retriable,
  Retried,
  RetryOrder,
  SavedOptions,
  ShownOptions,
  Summary,
} from '../../contract.ts'
import { ApiError, call, query } from './http.ts'
import { queryClient } from './query-client.ts'
import { refreshMe } from './session.ts'

const optionsPath = '/api/admin/api-integration/bluesky'
const connectionsPath = '/api/admin/connections'
export const liveMs = 5_000

export type Filter = Partial<
  Record<'status' | 'outcome' | 'fixBy' | 'server' | 'user' | 'asked' | 'unseen' | 'q' | 'from' | 'to', string>
>

const optionsKey = ['admin', 'options'] as const

/** What is read again and again while it is on the page. */
const useLive = <T>(queryKey: readonly unknown[], path: string, refetchInterval = liveMs) =>
  useQuery({ queryKey, queryFn: ({ signal }) => call<T>(path, { signal }), refetchInterval })

const lookingMs = 1_000

/** Whoever waits for a look sees it as soon as it is there. */
export const useOptions = () =>
  useQuery({
    queryKey: optionsKey,
    queryFn: ({ signal }) => call<ShownOptions>(optionsPath, { signal }),
    refetchInterval: ({ state }) => (state.data?.look === null ? lookingMs : liveMs),
  })

/** Has the Service URL in effect looked at again. */
export const useLookAgain = () =>
  useMutation({
    mutationFn: () => call<ShownOptions>(`${optionsPath}/look`, { method: 'POST', body: {} }),
    onSuccess: showOptions,
  })

async function showOptions(options: ShownOptions): Promise<void> {
  // A response that was on its way meanwhile is older.
  await queryClient.cancelQueries({ queryKey: optionsKey })
  queryClient.setQueryData<ShownOptions>(optionsKey, options)
}

/** The options as they are sent to be saved. */
export const savedIn = (options: Options): OptionsBody => ({
  'bluesky_service-url': options['bluesky_service-url'].saved,
  bluesky_integration_status: options.bluesky_integration_status.effective,
  bluesky_other_servers: options.bluesky_other_servers.saved ?? '',
})

/** Saves what was edited; the rest stays as it is by then, whoever changed it since this page read it. */
export const useSaveOptions = () =>
  useMutation({
    mutationFn: async (edited: Partial<OptionsBody>) => {
      const body: OptionsBody = { ...savedIn(await call<Options>(optionsPath)), ...edited }
      return call<SavedOptions>(optionsPath, { method: 'PUT', body })
    },
    onSuccess: async (saved) => {
      await showOptions(saved)
      void refreshMe().catch(() => undefined)
      for (const part of ['audit', 'summary', 'connections', 'incidents']) {
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
    refetchInterval: liveMs,
  })

const NOTICE_MS = 60_000

/** The last changes of what decides where passwords go. */
export const useDestinationChanges = () =>
  useLive<AuditPage>(
    ['admin', 'audit', 'destination'],
    `/api/admin/audit${query({ option: 'bluesky_service-url,bluesky_other_servers', limit: 5 })}`,
    NOTICE_MS,
  )

export const useSummary = () => useLive<Summary>(['admin', 'summary'], `${connectionsPath}/summary`)

const incidentsPath = '/api/admin/incidents'

/** The incidents that go on, for administrators alone. */
export const useOpenIncidents = (enabled = true) =>
  useQuery({
    queryKey: ['admin', 'incidents', 'open'],
    queryFn: ({ signal }) => call<OpenIncidents>(`${incidentsPath}/open`, { signal }),
    refetchInterval: liveMs,
    enabled,
  })

export const usePastIncidents = () =>
  useInfiniteQuery({
    queryKey: ['admin', 'incidents', 'past'],
    queryFn: ({ pageParam, signal }) =>
      call<IncidentPage>(`${incidentsPath}${query({ limit: 5, cursor: pageParam })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: liveMs,
  })

/** What came of running many again; asked for until all of them ended. */
export const useRetryOrder = (id: string | undefined) =>
  useQuery({
    queryKey: ['admin', 'order', id],
    queryFn: ({ signal }) => call<RetryOrder>(`/api/admin/retries/${id}`, { signal }),
    enabled: id !== undefined,
    refetchInterval: ({ state: { data } }) => {
      if (data?.toGo === 0) return false
      return data && data.toGo === data.waiting ? liveMs : lookingMs
    },
  })

export const useConnections = (filter: Filter, sort: ConnectionSort | null, cursor: string | null) =>
  useQuery({
    queryKey: ['admin', 'connections', filter, sort, cursor],
    queryFn: ({ signal }) =>
      call<ConnectionPage>(`${connectionsPath}${query({ ...filter, sort, limit: 25, cursor })}`, { signal }),
    refetchInterval: liveMs,
    placeholderData: keepPreviousData,
  })

/** How many of a filter are in which status, whichever of these it shows. */
export function useCounts(shown: Filter) {
  const filter = { ...shown }
  delete filter.status
  return useQuery({
    queryKey: ['admin', 'counts', filter],
    queryFn: ({ signal }) => call<ConnectionCounts>(`${connectionsPath}/counts${query(filter)}`, { signal }),
    refetchInterval: liveMs,
  })
}

const connectionPath = (id: string) => `${connectionsPath}/${encodeURIComponent(id)}`

export const useConnection = (id: string) =>
  useLive<ConnectionWithAttempts>(['admin', 'connection', id], connectionPath(id))

export const csvAddress = (filter: Filter) => `${connectionsPath}.csv${query(filter)}`

const refresh = () => queryClient.invalidateQueries({ queryKey: ['admin'] })

export const useRetryOne = (id: string) =>
  useMutation({
    mutationFn: () => call<unknown>(`${connectionPath(id)}/retry`, { method: 'POST', body: {} }),
    onSuccess: refresh,
  })

/** Tries again, removes or marks several at once. */
export const useAct = () =>
  useMutation({
    mutationFn: (body: ActBody) => call<ActResults>(`${connectionsPath}/act`, { method: 'POST', body }),
    onSettled: () => void refresh(),
  })

/** Closes what shows it before it is asked for again. */
export const useDisconnect = (id: string) =>
  useMutation({
    mutationFn: () => call<void>(connectionPath(id), { method: 'DELETE' }),
    onSettled: () => void refresh(),
  })

/** How many of a filter failed and still can run again: their secrets are there. */
export const useRetriable = (filter: Filter, everyMs: number) =>
  useLive<Retriable>(['admin', 'retriable', filter], `${connectionsPath}/retry${query(filter)}`, everyMs)

export const useRetryAll = () =>
  useMutation({
    mutationFn: (filter: Filter) =>
      call<Retried>(`${connectionsPath}/retry`, {
        method: 'POST',
        body: Object.keys(filter).length > 0 ? filter : { all: true },
      }),
    onSuccess: refresh,
  })

/** What is not there any more is shown as that. */
export const isGone = (error: Error | null) => error instanceof ApiError && error.status === 404

function staleSince(): number | null {
  const shown = queryClient.getQueryCache().findAll({ queryKey: ['admin'], type: 'active' })
  const failing = shown.filter(
    ({ state }) => state.status === 'error' && state.data !== undefined && !isGone(state.error),
  )
  return failing.length > 0 ? Math.min(...failing.map(({ state }) => state.dataUpdatedAt)) : null
}

/** From when the oldest of what is on the page is, if it cannot be read again; null as long as all is up to date. */
export const useStaleSince = () =>
  useSyncExternalStore(
    (listener) => queryClient.getQueryCache().subscribe(notifyManager.batchCalls(listener)),
    staleSince,
  )
