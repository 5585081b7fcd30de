// Asks again and again whether something is due: what one process of all does, beside its jobs.
import type { Context } from '../src/context.ts'

/** @param once what breaks it off is reported, and the next round comes all the same. @param broke says so in the log */
export function startRounds(
  { config, stores }: Pick<Context, 'config' | 'stores'>,
  once: () => Promise<unknown>,
  broke: string,
): { stop(): Promise<void> } {
  let running: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const round = () => {
    running = once()
      .catch((error: unknown) => stores.report(error, broke))
      .finally(() => {
        if (!stopped) timer = setTimeout(round, config.sweep.intervalMs)
      })
  }
  round()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
