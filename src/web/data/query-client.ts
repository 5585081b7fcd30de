// The cache of what the API said, with the rules for asking again.
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError } from './http.ts'

/** The session ended elsewhere: the pages then show the sign-in, whatever was asked. */
const onError = (error: Error) => {
  if (error instanceof ApiError && error.code === 'not_signed_in') queryClient.setQueryData(['me'], null)
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
      retryDelay: (failures) => Math.min(1_000 * 2 ** failures, 8_000),
    },
    // Somebody who presses a button while offline is told so, and not surprised later.
    mutations: { networkMode: 'always' },
  },
})
