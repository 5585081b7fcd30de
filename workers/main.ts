// A worker process: which queues, how many jobs at once, a health address, stop on a signal.
import { readWorkerConfig } from '../src/config.ts'
import { loadEnvironment } from '../src/environment.ts'
import { createLog, MAIL_OFF, openContext } from '../src/context.ts'
import { runProcess } from '../src/process.ts'
import { openHealthServer } from '../src/health.ts'
import { startWorkers } from './start.ts'

await runProcess('worker', async () => {
  const config = readWorkerConfig(loadEnvironment('worker'))
  const { queues, concurrency } = config.worker
  const log = createLog(config.log.level, `worker-${queues.join('-')}`)
  const context = await openContext(config, log)
  const healthServer = await openHealthServer(context)
  const workers = await startWorkers(context)
  if (!config.mail && queues.includes('mail')) log.info(MAIL_OFF)
  log.info({ queues, concurrency, healthPort: healthServer.port }, 'working')
  return async () => {
    healthServer.close()
    await workers.stop()
    await context.close()
  }
})
