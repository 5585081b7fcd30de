// A worker process: which queues, how many jobs at once, a health address, stop on a signal.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readWorkerConfig } from '../src/config.ts'
import { loadEnvironment } from '../src/environment.ts'
import { createLog, MAIL_OFF, openContext } from '../src/context.ts'
import { runProcess } from '../src/process.ts'
import { health } from '../src/health.ts'
import { startWorkers } from './start.ts'

await runProcess('worker', async () => {
  const config = readWorkerConfig(loadEnvironment('worker'))
  const { queues, concurrency, port } = config.worker
  const log = createLog(config.log.level, `worker-${queues.join('-')}`)
  const context = await openContext(config, log)
  const server = createServer((request, response) => {
    void health(context, request.url ?? '').then((found) => {
      const { status, body } = found ?? { status: 404, body: { status: 'not found' } }
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, config.http.listenAddress, resolve),
  )
  const workers = await startWorkers(context)
  if (!config.mail && queues.includes('mail')) log.info(MAIL_OFF)
  log.info({ queues, concurrency, port: (server.address() as AddressInfo).port }, 'working')
  return async () => {
    server.close()
    server.closeAllConnections()
    await workers.stop()
    await context.close()
  }
})
