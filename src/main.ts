// The API process: reads the configuration, opens the context, listens, and stops on a signal.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { Logger } from 'pino'
import { createApp } from './app.ts'
import { answerWhileWaiting } from './api/store-away.ts'
import { createAuth, ensureAdmin } from './auth.ts'
import { readApiConfig, type ApiConfig } from './config.ts'
import { begin, createLog, MAIL_OFF, openStores, type Beginning } from './context.ts'
import { loadEnvironment } from './environment.ts'
import { openChanges } from './events.ts'
import { openHealthServer } from './health.ts'
import { joinInstallation } from './installation.ts'
import { listen } from './listen.ts'
import { noticeEnvironment, orderLook } from './options.ts'
import { logConsole, runProcess } from './process.ts'
import { checkSealingKey } from './sealing-key.ts'
import type { Stores } from './stores.ts'
import { startTracing } from './tracing.ts'
import { commit, version } from './version.ts'

await runProcess('api', async (fail) => {
  const env = loadEnvironment('api')
  const config = readApiConfig(env)
  const tracing = await startTracing('api', env)
  const log = createLog(config.log.level, 'api')
  logConsole(log)
  const beginning = begin(config, log, tracing)
  const { stores } = beginning
  let handle: RequestListener = answerWhileWaiting(stores)
  const server = createServer((request, response) => handle(request, response))
  const healthServer = await openHealthServer(config, beginning, () => server.listening)

  const opening = open(config, log, beginning).then((opened) => {
    handle = createApp({ ...opened.context, auth: opened.auth, changes: opened.changes })
    return opened
  })
  // Beside another process on the same port nobody is answered before that can be done, unless MongoDB is not there.
  await Promise.race([opening, mongodbMissing(stores)])
  const leave = await listen(server, { port: config.http.port, host: config.http.listenAddress })
  const { context, changes } = await opening
  // Without Redis connects are taken all the same: it may come later, and with it another installation on it.
  const joined = joinInstallation(context, fail)
  joined.catch(fail)
  if (!config.mail) log.info(MAIL_OFF)
  log.info(
    { version, commit, port: config.http.port, healthPort: healthServer.port, baseUrl: config.http.baseUrl },
    'listening',
  )
  return async () => {
    healthServer.close()
    const closed = once(server, 'close')
    await leave()
    // Event streams would never end by themselves; pages connect again at once, to another process or the next one.
    changes.close()
    server.closeIdleConnections()
    await closed
    if (stores.redis.word === 'ok') await (await joined).leave()
    await context.close()
    await tracing?.stop()
  }
})

async function open(config: ApiConfig, log: Logger, beginning: Beginning) {
  const context = await openStores(config, log, beginning)
  await checkSealingKey(context)
  const auth = createAuth(context)
  await ensureAdmin(context, auth)
  const { retried } = await noticeEnvironment(context, `start-${randomUUID()}`)
  if (retried > 0) log.info({ retried }, 'the environment says another place for sign-ins: channels run again')
  await orderLook(context)
  return { context, auth, changes: openChanges(context) }
}

function mongodbMissing(stores: Stores): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = stores.onChange(() => {
    if (stores.mongodb.word !== 'ok') resolve()
  })
  return promise.finally(stop)
}
