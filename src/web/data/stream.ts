// An event stream of the API that is opened again whenever it breaks.

// Something between the program and the browser may hold the stream back and still leave it open.
const firstWordMs = 5_000
const firstReopenMs = 1_000
const longestReopenMs = 30_000

interface Source<Name extends string> {
  /** the first of them comes by itself, as soon as it is open */
  names: readonly Name[]
  /** whether it delivers */
  onLive: (live: boolean) => void
  onEvent: (name: Name, data: unknown) => void
}

/** @returns closes it */
export function openSource<Name extends string>(path: string, { names, onLive, onEvent }: Source<Name>): () => void {
  let source: EventSource | undefined
  let timer: number | undefined
  let silence: number | undefined
  let reopenMs = firstReopenMs

  const close = () => {
    window.clearTimeout(timer)
    window.clearTimeout(silence)
    source?.close()
    source = undefined
  }
  const open = () => {
    close()
    const stream = new EventSource(path)
    source = stream
    silence = window.setTimeout(() => onLive(false), firstWordMs)
    for (const name of names) {
      stream.addEventListener(name, (event) => {
        if (name === names[0]) {
          window.clearTimeout(silence)
          reopenMs = firstReopenMs
          onLive(true)
        }
        onEvent(name, JSON.parse((event as MessageEvent<string>).data))
      })
    }
    stream.addEventListener('error', () => {
      onLive(false)
      // The browser opens a stream again by itself when the connection broke, but not after an error response.
      if (stream.readyState !== EventSource.CLOSED) return
      timer = window.setTimeout(open, reopenMs)
      reopenMs = Math.min(reopenMs * 2, longestReopenMs)
    })
  }
  open()
  window.addEventListener('online', open)
  return () => {
    window.removeEventListener('online', open)
    close()
  }
}
