// Looks at the configuration as the API and the workers will find it, before any of them is started or taken down.
import { ConfigError, readApiConfig, readWorkerConfig } from '../../src/config.ts'
import type { Env } from '../../src/environment.ts'
import { ServiceError } from '../errors.ts'
import { type AppName, workerQueues } from '../processes/programs.ts'

/** @param env what the shell and the files say together, of which each program gets its part */
export function checkConfig(names: readonly AppName[], env: Env): void {
  const mistakes = new Set<string>()
  for (const name of names) {
    try {
      if (name === 'api') readApiConfig(env)
      else readWorkerConfig({ ...env, WORKER_QUEUES: workerQueues[name] })
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      for (const line of error.message.split('\n').slice(1)) mistakes.add(line)
    }
  }
  if (mistakes.size === 0) return
  throw new ServiceError(
    `The configuration has mistakes:\n${[...mistakes].join('\n')}\nNothing was started or stopped.`,
  )
}
