// Checks or removes many channels, some at a time, and keeps what came of each.
import { useEffect, useRef, useState } from 'react'
import type { Channel, ManyResults } from '../../contract.ts'
import { dropChannel, putChannels, refreshOwnSummary, refusalOf } from './channels.ts'
import { call, type ApiError } from './http.ts'
import { refreshRemovals } from './removals.ts'
import { noticePause } from './session.ts'

export type What = 'verify' | 'remove'

export interface Run {
  what: What
  /** as they stood when it began: what is removed is nowhere else any more */
  channels: Channel[]
  /** by id, once the API has said something: done, or why not */
  said: Map<string, 'done' | ApiError>
  isOver: boolean
  /** what broke it off */
  error: Error | null
}

/** Few enough that the bar moves. */
const atOnce = 20

const pause = (seconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })

type Result = ManyResults['results'][number]

function take(what: What, { id, channel, problem }: Result): 'done' | ApiError {
  if (what === 'remove' && (!problem || problem.code === 'channel_not_found')) {
    dropChannel({ id })
    return 'done'
  }
  if (channel) putChannels([channel])
  return problem ? refusalOf(problem) : 'done'
}

/** One run at a time; it ends with the page. */
export function useMany() {
  const [run, setRun] = useState<Run | null>(null)
  const stopping = useRef<AbortController>(undefined)
  useEffect(() => () => stopping.current?.abort(), [])

  const start = async (what: What, channels: Channel[]) => {
    stopping.current?.abort()
    const stop = new AbortController()
    const { signal } = stop
    stopping.current = stop
    const change = (part: (run: Run) => Partial<Run>) => {
      if (stopping.current === stop) setRun((now) => now && { ...now, ...part(now) })
    }
    setRun({ what, channels, said: new Map(), isOver: false, error: null })
    let left = channels.map(({ id }) => id)
    try {
      while (left.length > 0 && !signal.aborted) {
        const body = { ids: left.slice(0, atOnce) }
        const { results } = await call<ManyResults>(`/api/channels/${what}`, { method: 'POST', body, signal })
        // Only so many are worked on at once: these have their turn when others are through.
        const busy = results.filter(({ problem }) => problem?.code === 'too_many_in_flight')
        const said = results.filter((result) => !busy.includes(result)).map((one) => [one.id, take(what, one)] as const)
        change((now) => ({ said: new Map([...now.said, ...said]) }))
        left = [...busy.map(({ id }) => id), ...left.slice(atOnce)]
        if (busy.length > 0) await pause(busy[0]?.problem?.retryAfterSeconds ?? 5, signal)
      }
      change(() => ({ isOver: true }))
    } catch (error) {
      noticePause(error as Error)
      change(() => ({ isOver: true, error: signal.aborted ? null : (error as Error) }))
    }
    refreshOwnSummary()
    if (what === 'remove') refreshRemovals()
  }
  return {
    run,
    start: (what: What, channels: Channel[]) => void start(what, channels),
    /** what has not begun does not begin */
    stop: () => stopping.current?.abort(),
    putAway: () => setRun(null),
  }
}
