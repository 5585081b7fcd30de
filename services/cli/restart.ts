// `service.sh restart` and `scale`: changes the API and the workers while they run.
import { savedPorts } from '../processes/choose-ports.ts'
import type { AppName } from '../processes/programs.ts'
import { addProcesses, listProcesses, removeProcesses } from '../processes/supervisor.ts'
import { ServiceError } from '../errors.ts'
import { say, withProgress } from '../say.ts'
import { checkApiPort } from './beforehand.ts'
import { checkConfig } from './check-config.ts'
import { rememberCount } from './counts.ts'
import { buildPages } from './pages.ts'
import { completeEnvFile, readSettings } from './settings.ts'
import { mayBeMany, named, roll } from './roll.ts'
import { bringUp, findVariables, onlineNames, startServices } from './start.ts'
import { logEnds, untilWell } from './until-well.ts'

export async function restart(names: AppName[]): Promise<void> {
  await completeEnvFile()
  const processes = await listProcesses()
  if (processes.length === 0) throw new ServiceError('Nothing is running. ./service.sh start starts it.')
  const online = onlineNames(processes)
  const settings = readSettings(processes)
  const saved = await savedPorts()
  if (names.includes('api') && settings.port !== saved.public) await checkApiPort(settings)
  checkConfig(names, settings.environment(await findVariables(settings, online.has('pds'))))
  if (names.includes('api')) await buildPages()
  const ports = await startServices(settings, online, online.has('pds'))
  for (const name of names) {
    if (processes.some((process) => process.name === name)) await roll(name)
    else await bringUp([name], ports)
  }
}

export async function scale(counts: Map<AppName, number>): Promise<void> {
  for (const [name, count] of counts) {
    const present = await named(name)
    if (present.length === 0) throw new ServiceError(`${name} is not running. ./service.sh start starts it.`)
    if (count > 1 && !mayBeMany(name)) {
      throw new ServiceError(`There can be one process of ${name} on this system: it lets only one have a port.`)
    }
    await rememberCount(name, count)
    if (present.length === count) {
      say(`${name} runs ${count} times already.`)
      continue
    }
    await withProgress(`Scaling ${name} from ${present.length} to ${count}`, async (note) => {
      const since = await logEnds([name])
      if (count > present.length) await addProcesses(name, count - present.length)
      // The newest go: their health addresses are the last of the row, and are given again.
      else await removeProcesses(present.slice(count))
      await untilWell((process) => process.name === name, since, note)
    })
  }
}
