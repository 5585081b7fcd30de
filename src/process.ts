// The life of a process: start, stop in two stages on a signal, and a clear sentence when it cannot start.
import { ConfigError } from './config.ts'

const STOP_DEADLINE_MS = 14_000
/** sysexits: the configuration is wrong, starting again will not help */
const EX_CONFIG = 78

/**
 * @param start brings everything up and returns how to take it down: finish what is being worked on, then close
 * The first signal stops gracefully, a second one or the deadline at once.
 */
export async function runProcess(name: string, start: () => Promise<() => Promise<void>>): Promise<void> {
  let stop: (() => Promise<void>) | undefined
  let stopping = false
  const onSignal = () => {
    // Nothing is in hand before the start is over, so it is simply broken off.
    if (stopping || !stop) process.exit(stop ? 1 : 0)
    stopping = true
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref()
    void stop().then(
      () => process.exit(0),
      (error: Error) => {
        console.error(`${name} did not stop cleanly: ${error.message}`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  try {
    stop = await start()
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : `${name} cannot start: ${(error as Error).message}`)
    process.exit(error instanceof ConfigError ? EX_CONFIG : 1)
  }
}
