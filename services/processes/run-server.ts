// Keeps an embedded server in the foreground: until a signal ends both, or the server's end ends this program with an error.

export type StartedServer = {
  url: string
  /** Resolves with a sentence when a part of it has ended, wanted or not. */
  ended: Promise<string>
  stop(): Promise<void>
}

export async function runServer(start: () => Promise<StartedServer>): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
    // Whoever holds the other end of stdin may be killed without a chance to say so.
    if (process.env['EXIT_WITH_PARENT'] === '1') process.stdin.once('close', () => resolve()).resume()
  })
  try {
    const server = await start()
    const why = await Promise.race([stopped, server.ended])
    await server.stop()
    if (why !== undefined) throw new Error(why)
  } catch (error) {
    console.error((error as Error).message)
    process.exit(1)
  }
  process.exit(0)
}
