// Starts the processes of a kind anew, one after the other, while the others of the kind go on working.
import { sharesPorts } from '../../src/listen.ts'
import { hiddenFrom, type AppName } from '../processes/programs.ts'
import { addProcesses, listProcesses, type Process, removeProcesses, restartProcess } from '../processes/supervisor.ts'
import { say, withProgress } from '../say.ts'
import { logEnds, untilWell } from './until-well.ts'

/** Anew, one by one. A single process gets company for that time, so that there is always one that works. */
export async function roll(name: AppName): Promise<void> {
  const processes = await named(name)
  await withProgress(`Restarting ${name}`, async (note) => {
    const since = await logEnds([name])
    const isAlone = processes.filter(({ state }) => state === 'online').length < 2
    const company = isAlone && mayBeMany(name) ? await addProcesses(name, 1) : []
    try {
      for (const process of [...company, ...processes]) {
        if (!company.includes(process)) await restartProcess(process, hiddenFrom(name))
        await untilWell(({ id }) => id === process.id, since, note)
      }
    } finally {
      await removeProcesses(company)
    }
  })
  if (!mayBeMany(name)) say(`${name} was away for a moment: this system lets only one process have a port.`)
}

export async function named(name: AppName): Promise<Process[]> {
  const processes = (await listProcesses()).filter((process) => process.name === name)
  return processes.sort((a, b) => (a.healthPort ?? 0) - (b.healthPort ?? 0))
}

export function mayBeMany(name: AppName): boolean {
  return name !== 'api' || sharesPorts()
}
