// The link of a mail, /app/channels?reconnect=<id of a channel>: what it leads to, once.
import { useQuery } from '@tanstack/react-query'
import { useEffect, useEffectEvent } from 'react'
import { useLocation, useSearchParams } from 'wouter'
import type { Channel } from '../../contract.ts'
import { ApiError, call } from '../data/http.ts'

const isGone = (error: Error | null) => error instanceof ApiError && error.code === 'channel_not_found'

/**
 * @param onFound hears of the channel that the link is about; null: it is not there any more, or another user's
 * @returns what keeps the channel from being read, while it does
 */
export function useReconnectLink(onFound: (channel: Channel | null) => void) {
  const [location, go] = useLocation()
  const id = useSearchParams()[0].get('reconnect')
  const asked = useQuery({
    queryKey: ['reconnect', id],
    queryFn: ({ signal }) => call<Channel>(`/api/channels/${encodeURIComponent(id ?? '')}`, { signal }),
    enabled: id !== null,
    gcTime: 0,
  })
  const { data } = asked
  const gone = isGone(asked.error)
  const found = useEffectEvent(onFound)
  useEffect(() => {
    if (id === null || (!data && !gone)) return
    // Whoever loads the page again, or comes back to it, has been there.
    go(location, { replace: true })
    found(data ?? null)
  }, [id, data, gone, go, location])
  return id === null || gone ? null : asked.error
}
