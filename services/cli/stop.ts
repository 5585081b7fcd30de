// `service.sh stop`: the API and the workers first, then what they stand on, until nothing is left.
import { rm } from 'node:fs/promises'
import { servicesEnvFile } from '../paths.ts'
import { APP_NAMES, pdsFile } from '../processes/programs.ts'
import { say, withProgress } from '../say.ts'
import { endOrphans, endSupervisor, listProcesses, type Process, stopPrograms } from '../processes/supervisor.ts'

export async function stop(): Promise<void> {
  const processes = await listProcesses()
  if (processes.length === 0) {
    const orphans = await endOrphans()
    await endSupervisor()
    say(orphans > 0 ? `Ended ${orphans} processes that a killed supervisor had left running.` : 'Nothing is running.')
    return
  }
  const names = (list: Process[]) => [
    ...new Set(list.filter(({ state }) => state !== 'stopped').map(({ name }) => name)),
  ]
  const isApp = ({ name }: Process) => (APP_NAMES as readonly string[]).includes(name)
  const apps = names(processes.filter(isApp))
  const services = names(processes.filter((process) => !isApp(process)))
  if (apps.length > 0)
    await withProgress(`Stopping ${apps.join(', ')} (up to 15 s for what is under way)`, () => stopPrograms(apps))
  if (services.length > 0) await withProgress(`Stopping ${services.join(', ')}`, () => stopPrograms(services))
  await endSupervisor()
  for (const file of [pdsFile, servicesEnvFile]) await rm(file, { force: true })
  say('Stopped. The data stay in .runtime/data.')
}
