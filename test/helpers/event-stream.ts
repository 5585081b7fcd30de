// Reads a stream of server-sent events, one event at a time.

/** `next(type)` skips other types; it gives up after fifteen seconds. */
export async function openStream(url: string, token: string) {
  const stop = new AbortController()
  const response = await fetch(`${url}/api/channels/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(45_000)]),
  })
  if (!response.body) throw new Error(`no stream: ${response.status}`)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    status: response.status,
    async next(type: string): Promise<unknown> {
      for (;;) {
        const end = text.indexOf('\n\n')
        if (end === -1) {
          const { value, done } = await reader.read()
          if (done) throw new Error('the stream ended')
          text += value
          continue
        }
        const lines = text.slice(0, end).split('\n')
        text = text.slice(end + 2)
        const field = (name: string) =>
          lines
            .find((line) => line.startsWith(`${name}:`))
            ?.slice(name.length + 1)
            .trim()
        if (field('event') === type) return JSON.parse(field('data') ?? 'null')
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await reader.cancel().catch(() => {})
    },
  }
}
