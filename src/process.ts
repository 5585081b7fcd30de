// The life of a process: start, stop in two stages on a signal, a clear sentence when it cannot start, and JSON on every line that it writes.
import { format } from 'node:util'
import type { Logger } from 'pino'
import { ConfigError } from './config.ts'

const STOP_DEADLINE_MS = 14_000
/** sysexits: the configuration is wrong, starting again will not help */
const EX_CONFIG = 78
/** Of what libraries say on their own account, each text once: some say it for each connection. */
const MOST_TEXTS = 200

type Stop = () => Promise<void>
/** Ends the process because of what turned out after the start. */
export type Fail = (error: Error) => void

/**
 * @param start brings everything up and returns how to take it down: finish what is being worked on, then close
 * The first signal stops gracefully, a second one or the deadline at once; while it starts, the first one ends it.
 */
export async function runProcess(name: string, start: (fail: Fail) => Promise<Stop>): Promise<void> {
  let stop: Stop | undefined
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
  const fail: Fail = (error) => {
    console.error(error instanceof ConfigError ? error.message : `${name} cannot start: ${error.message}`)
    process.exit(error instanceof ConfigError ? EX_CONFIG : 1)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  try {
    stop = await start(fail)
  } catch (error) {
    fail(error as Error)
  }
}

/** What libraries and Node itself would write to the console becomes a line of the log. */
export function logConsole(log: Logger): void {
  const texts = new Set<string>()
  const said = (level: 'info' | 'warn' | 'error') => {
    return (...words: unknown[]) => {
      const text = format(...words)
      if (texts.has(text)) return
      if (texts.size < MOST_TEXTS) texts.add(text)
      log[level]({ from: 'console' }, text)
    }
  }
  Object.assign(console, { log: said('info'), info: said('info'), warn: said('warn'), error: said('error') })
  process.removeAllListeners('warning')
  process.on('warning', ({ name, message }) => log.warn({ from: 'node', warning: name }, message))
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'the process ends: nobody caught this')
    process.exit(1)
  })
}
