// The filter of the list of people as it stands in the address of the page.
import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'wouter'
import type { PeopleFilter } from '../../contract.ts'
import { isRole, personStates } from '../../input/account.ts'

type Change = Partial<Record<'q' | 'role' | 'state' | 'cursor', string | null>>
const LONGEST = 254

/** An address may be cut off or typed: what the API would refuse is left out. */
function read(params: URLSearchParams) {
  const q = params.get('q')?.slice(0, LONGEST)
  const role = params.get('role')
  const state = personStates.find((each) => each === params.get('state'))
  return { ...(q && { q }), ...(isRole(role) && { role }), ...(state && { state }) }
}

export function usePeopleFilter() {
  const [params, setParams] = useSearchParams()
  const filter: PeopleFilter = useMemo(() => read(params), [params])
  const at = params.get('cursor')
  const set = useCallback(
    (change: Change, options: { replace?: boolean; state?: unknown } = {}) =>
      setParams((before) => {
        const after = new URLSearchParams(Object.entries(read(before)).filter(([, value]) => value))
        // Another filter starts at its first page.
        for (const [key, value] of Object.entries(change)) {
          if (value) after.set(key, value)
          else after.delete(key)
        }
        return after
      }, options),
    [setParams],
  )
  return {
    filter,
    cursor: at && /^[0-9a-f]{24}$/.test(at) ? at : null,
    isSet: Object.keys(filter).length > 0,
    set,
    clear: () => set({ q: null, role: null, state: null }),
  }
}
