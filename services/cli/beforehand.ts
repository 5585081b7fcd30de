// What would keep a start from getting anywhere, found before anything is installed. Imports no package.
import { ServiceError } from '../errors.ts'
import { orphans, supervisorRuns } from '../processes/supervisor.ts'
import { portProblem } from '../processes/ports.ts'
import { say } from '../say.ts'
import { readSettings, type Settings } from './settings.ts'

/** Of what runs already nothing is to be found out. @param command that is to start it */
export async function checkBeforehand(command: 'start' | 'demo'): Promise<void> {
  if (await supervisorRuns()) return
  const settings = readSettings()
  refuseInProduction(settings)
  if ((await orphans()).length > 0) return
  if (command === 'demo') await leaveTakenPort(settings)
  else await checkApiPort(settings)
}

/** Whoever tries the program has no port in mind, unless the shell or BASE_URL says one: the next free one will do. */
export async function leaveTakenPort(settings: Pick<Settings, 'port' | 'get'>): Promise<void> {
  const { port, get } = settings
  const isChosen = Boolean(process.env['PORT']?.trim()) || get('BASE_URL') !== undefined
  if (isChosen || (await portProblem(port)) !== 'EADDRINUSE') return checkApiPort(settings, 'demo')
  let free = port + 1
  while ((await portProblem(free)) !== undefined) free++
  say(`Port ${port} is in use by another program: the demo takes ${free}.`)
  // The programs get it from the supervisor, and later commands from what runs.
  process.env['PORT'] = String(free)
}

export function refuseInProduction(settings: Settings): void {
  if (settings.get('NODE_ENV') !== 'production') return
  const unset = ['MONGODB_URL', 'REDIS_URL'].filter((name) => !settings.get(name))
  if (unset.length === 0) return
  throw new ServiceError(
    `NODE_ENV is "production" and ${unset.join(' and ')} ${unset.length > 1 ? 'are' : 'is'} not set: ` +
      'the embedded MongoDB and Redis are for development only. What is missing belongs into .env or the environment.',
  )
}

export async function checkApiPort({ port }: Pick<Settings, 'port'>, command = 'start'): Promise<void> {
  switch (await portProblem(port)) {
    case undefined:
      return
    case 'EACCES':
      throw new ServiceError(
        `Port ${port} needs privileges that you do not have here: take one from 1024 on, such as PORT=8080, and a proxy ` +
          `in front of it; or, on Linux, let everybody have it: sysctl -w net.ipv4.ip_unprivileged_port_start=${port}`,
      )
    default:
      throw new ServiceError(
        `Port ${port} is in use by another program, perhaps by another checkout of this one. ` +
          `Stop that one, or take another port: PORT=${port + 1} ./service.sh ${command} (or PORT=${port + 1} in .env).`,
      )
  }
}
