// Counts how many jobs go back into the queue when everybody is at one server that is well and the worker has just begun.
//   node bench/parked.ts [connects]
import { cpus, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { openDb } from '../src/db/open.ts'
import { startScriptedServer } from '../test/helpers/scripted-server.ts'
import { PASSWORD, startGround, type Ground } from './program.ts'

/** Of a hundred jobs. */
const GOAL = 5
const RUN_MS = 90_000
const AT_ONCE = 8
const count = Number(process.argv[2] ?? 240)

// It answers, and no account of its own is needed: signed in with a main password, which is refused.
const server = await startScriptedServer({ situation: 'mainPassword' })
const ground = await startGround()
try {
  await main(ground)
} finally {
  await ground.stop()
  await server.close()
}

async function main({ startProgram }: Ground) {
  const { signIn, startWorker, mongoUrl, redisUrl, prefix } = await startProgram({ BLUESKY_SERVICE_URL: server.origin })
  const user = await signIn('sign-up/email', { email: 'bench@example.com', password: PASSWORD, name: 'Bench' })
  const connect = (index: number) => ({ identifier: `p${index}.example.com`, appPassword: 'aaaa-bbbb-cccc-dddd' })
  for (let index = 0; index < count; index += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - index) }, (_, offset) => connect(index + offset))
    await Promise.all(some.map((entry) => user.request('POST', '/api/channels/bluesky', entry)))
  }
  const db = await openDb(mongoUrl)
  const redis = new Redis(redisUrl)
  try {
    const startedAt = performance.now()
    await startWorker()
    while ((await db.channels.countDocuments({ status: 'action_required' })) < count) {
      if (performance.now() - startedAt > RUN_MS) throw new Error(`not done in ${RUN_MS / 1000} s`)
      await sleep(100)
    }
    const ms = performance.now() - startedAt
    const events = await redis.xrange(`${prefix}:connect:events`, '-', '+')
    const delayed = events.filter(([, fields]) => fields[fields.indexOf('event') + 1] === 'delayed').length
    console.log(`${cpus().length} cores, ${cpus()[0]?.model}, load: ${loadavg()[0]?.toFixed(1)}`)
    console.log(`${count} connects in ${(ms / 1000).toFixed(1)} s; moved to delayed: ${delayed}`)
    if (delayed > (count * GOAL) / 100) process.exitCode = 1
  } finally {
    redis.disconnect()
    await db.connection.close()
  }
}
