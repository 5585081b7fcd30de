// The program that makes a restored database fit to start with: keys checked, jobs of before forgotten, nothing told twice.
import { ConfigError, readWorkerConfig, type WorkerConfig } from '../src/config.ts'
import { createLog, openContext, type Context } from '../src/context.ts'
import { settleRestored } from '../src/db/restored.ts'
import { listSealingKeys } from '../src/db/sealing-keys.ts'
import { loadEnvironment } from '../src/environment.ts'
import { findKeyProblems } from './check-keys.ts'
import { countSealed } from './count-sealed.ts'
import { createUnseal } from './unseal.ts'

const EX_CONFIG = 78

const say = (text: string) => process.stdout.write(`${text}\n`)

/** @returns false where something has to be done first; nothing is changed then */
async function settle(context: Context<WorkerConfig>): Promise<boolean> {
  const { db, config, queues } = context
  const workers = await Promise.all(Object.values(queues).map((queue) => queue.getWorkersCount()))
  if (workers.some((count) => count > 0)) {
    say('Workers of this installation are running. Stop every process, restore again, and then run this.')
    return false
  }
  const problems = await findKeyProblems(await listSealingKeys(db), config)
  const keys = await countSealed(db, createUnseal(config.unsealingKeys))
  const total = (counts: Map<unknown, number>[]) =>
    counts.flatMap((one) => [...one.values()]).reduce((a, b) => a + b, 0)
  const opens = total([...keys.values()].map(({ opens }) => opens))
  for (const [id, { closed }] of keys) {
    const count = total([closed])
    if (count > 0) problems.push(`${count} values that the key "${id}" sealed do not open here.`)
  }
  if (problems.length > 0) {
    say(`The keys do not open what was restored:\n  ${problems.join('\n  ')}`)
    say('Put the keys into UNSEALING_KEYS that were kept with the backup, then: node workers/after-restore.ts')
    return false
  }
  say(`${opens} sealed values were restored, and the keys here open all of them.`)
  // Jobs of another life: every one that is needed comes back from MongoDB.
  for (const queue of Object.values(queues)) await queue.obliterate({ force: true })
  const { mails, notices, sessions } = await settleRestored(db, new Date())
  say(
    `Not sent, because they may have gone out since the backup: ${mails} mails that waited, ${notices} notices of channels.`,
  )
  say(`Ended: ${sessions} sign-ins. Everybody signs in again.`)
  return true
}

async function main(): Promise<number> {
  try {
    const config = readWorkerConfig(loadEnvironment('worker'))
    const context = await openContext(config, createLog(config.log.level, 'after-restore'))
    try {
      return (await settle(context)) ? 0 : 1
    } finally {
      await context.close()
    }
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    return error instanceof ConfigError ? EX_CONFIG : 1
  }
}

process.exitCode = await main()
