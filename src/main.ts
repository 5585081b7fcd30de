// The API process: reads the configuration, opens the context, listens, and stops on a signal.
import { createServer } from 'node:http'
import { createApp } from './app.ts'
import { createAuth, ensureAdmin } from './auth.ts'
import { readApiConfig } from './config.ts'
import { createLog, MAIL_OFF, openContext } from './context.ts'
import { loadEnvironment } from './environment.ts'
import { openChanges } from './events.ts'
import { openHealthServer } from './health.ts'
import { noticeEnvironment, orderLook } from './options.ts'
import { runProcess } from './process.ts'

await runProcess('api', async () => {
  const config = readApiConfig(loadEnvironment('api'))
  const log = createLog(config.log.level, 'api')
  const context = await openContext(config, log)
  const auth = createAuth(context)
  await ensureAdmin(context, auth)
  const { retried } = await noticeEnvironment(context, 'start')
  if (retried > 0) log.info({ retried }, 'the environment says another place for sign-ins: channels run again')
  await orderLook(context)
  const changes = await openChanges(context)
  const server = createServer(createApp({ ...context, auth, changes }))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // Several API processes of one start share the port; `service.sh` makes sure that it is nobody else's.
    server.listen({ port: config.http.port, host: config.http.listenAddress, reusePort: true }, resolve)
  })
  const healthServer = await openHealthServer(context)
  if (!config.mail) log.info(MAIL_OFF)
  log.info({ port: config.http.port, healthPort: healthServer.port, baseUrl: config.http.baseUrl }, 'listening')
  return async () => {
    healthServer.close()
    const closed = new Promise((resolve) => server.close(resolve))
    // Event streams would never end by themselves; pages connect again at once, to another process or the next one.
    changes.close()
    server.closeIdleConnections()
    await closed
    await context.close()
  }
})
