// A worker process: which queues, how many jobs at once, a health address, stop on a signal.
import { readWorkerConfig } from '../src/config.ts'
import { loadEnvironment } from '../src/environment.ts'
import { begin, createLog, MAIL_OFF, openStores } from '../src/context.ts'
import { joinInstallation } from '../src/installation.ts'
import { logConsole, runProcess } from '../src/process.ts'
import { openHealthServer } from '../src/health.ts'
import { checkKeys } from './check-keys.ts'
import { startTracing } from '../src/tracing.ts'
import { commit, version } from '../src/version.ts'
import { startWorkers } from './start.ts'

await runProcess('worker', async (fail) => {
  const env = loadEnvironment('worker')
  const config = readWorkerConfig(env)
  const tracing = await startTracing('worker', env)
  const { queues, concurrency } = config.worker
  const log = createLog(config.log.level, `worker-${queues.join('-')}`)
  logConsole(log)
  const beginning = begin(config, log, tracing)
  const healthServer = await openHealthServer(config, beginning)
  const context = await openStores(config, log, beginning)
  await checkKeys(context)
  const joined = await joinInstallation(context, fail)
  const workers = await startWorkers(context)
  if (!config.mail && queues.includes('mail')) log.info(MAIL_OFF)
  log.info({ version, commit, queues, concurrency, healthPort: healthServer.port }, 'working')
  return async () => {
    healthServer.close()
    await workers.stop()
    await joined.leave()
    await context.close()
    await tracing?.stop()
  }
})
