// A worker process: which queues, how many jobs at once, a health address, stop on a signal.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLog, openContext } from '../src/context.ts'
import { runProcess } from '../src/process.ts'
import { checkReady } from '../src/ready.ts'
import { startWorkers } from './start.ts'

await runProcess('worker', async (config) => {
  const { queues, concurrency, port } = config.worker
  const log = createLog(config.log.level, `worker-${queues.join('-')}`)
  const context = await openContext(config, log)
  const server = createServer((request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    if (request.url === '/healthz') return answer(200, { status: 'ok' })
    if (request.url !== '/readyz') return answer(404, { status: 'not found' })
    void checkReady(context).then((ready) => answer(ready.status === 'ok' ? 200 : 503, ready))
  })
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, config.http.listenAddress, resolve),
  )
  const workers = await startWorkers(context)
  log.info({ queues, concurrency, port: (server.address() as AddressInfo).port }, 'working')
  return async () => {
    server.close()
    server.closeAllConnections()
    await workers.stop()
    await context.close()
  }
})
