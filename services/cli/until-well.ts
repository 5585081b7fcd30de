// Waits until programs are ready, or says why they are not.
import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceError } from '../errors.ts'
import { listProcesses, type Process } from '../processes/supervisor.ts'
import { healthOf } from './health.ts'
import { logEnd, logLinesSince } from './logs.ts'

const READY_MS = 90_000
const POLL_MS = 100
// Asking pm2 costs half a second of a processor, asking a program for its health nothing.
const LIST_EVERY_MS = 2_000
// One that dies this often while it starts will not get any further.
const HOPELESS_RESTARTS = 4

/** Where their logs ended before something was done to them. */
export type LogEnds = Map<string, number>

export async function logEnds(names: readonly string[]): Promise<LogEnds> {
  return new Map(await Promise.all(names.map(async (name) => [name, await logEnd(name)] as const)))
}

/** Until each that `isMeant` is ready by its own health address. */
export async function untilWell(
  isMeant: (process: Process) => boolean,
  since: LogEnds,
  note: (text: string) => void,
): Promise<void> {
  const deadline = Date.now() + READY_MS
  let processes = (await listProcesses()).filter(isMeant)
  let listedAt = Date.now()
  const restartsBefore = new Map(processes.map(({ id, restarts }) => [id, restarts]))
  for (;;) {
    if (Date.now() - listedAt > LIST_EVERY_MS) {
      processes = (await listProcesses()).filter(isMeant)
      listedAt = Date.now()
    }
    const states = await Promise.all(processes.map(async (process) => ({ process, health: await healthOf(process) })))
    const unwell = states.filter(({ health }) => health !== 'ok')
    if (unwell.length === 0) return
    note(unwell.map(({ process, health }) => `${process.name}: ${health}`).join(', '))
    const hopeless = unwell.find(
      ({ process: { id, state, restarts } }) =>
        state === 'errored' || state === 'stopped' || restarts - (restartsBefore.get(id) ?? 0) >= HOPELESS_RESTARTS,
    )
    const failed = hopeless ?? (Date.now() > deadline ? unwell[0] : undefined)
    if (failed) throw await startFailure(failed.process.name, failed.health, since)
    await sleep(POLL_MS)
  }
}

async function startFailure(name: string, health: string, since: LogEnds): Promise<ServiceError> {
  const words = await logLinesSince(name, since.get(name) ?? 0)
  return new ServiceError(
    `${name} did not start (${health}). Its last words:\n${words || '  (nothing)'}\n` +
      `More: ./service.sh logs ${name}. Then ./service.sh start tries again; ./service.sh stop ends what runs.`,
  )
}
