// Reads the arguments of service.sh's commands.
import { UsageError } from '../errors.ts'
import { APP_NAMES, type AppName, MOST_INSTANCES, PROGRAM_NAMES, type ProgramName } from '../processes/programs.ts'

const isApp = (name: string): name is AppName => (APP_NAMES as readonly string[]).includes(name)

export function parseRestart(args: string[]): AppName[] {
  const unknown = args.find((name) => name !== 'all' && !isApp(name))
  if (unknown !== undefined) {
    throw new UsageError(`"restart" takes ${APP_NAMES.join(', ')} or all, but was given "${unknown}"`)
  }
  return args.length === 0 || args.includes('all') ? [...APP_NAMES] : APP_NAMES.filter((name) => args.includes(name))
}

export function parseCounts(args: string[]): Map<AppName, number> {
  if (args.length === 0) throw new UsageError('"scale" wants to know what and how many, such as connect=3')
  const counts = new Map<AppName, number>()
  for (const argument of args) {
    const [, name = '', count = ''] = /^([^=]*)=(.*)$/.exec(argument) ?? []
    if (!isApp(name)) throw new UsageError(`"scale" takes ${APP_NAMES.join('=N, ')}=N, but was given "${argument}"`)
    const wanted = parseWholeNumber(name, count)
    if (wanted < 1 || wanted > MOST_INSTANCES) {
      throw new UsageError(`There can be 1 to ${MOST_INSTANCES} processes of ${name}, not ${wanted}`)
    }
    counts.set(name, wanted)
  }
  return counts
}

export function parseProgramName(args: string[]): ProgramName | undefined {
  if (args.length > 1) throw new UsageError(`"logs" takes one name, but was given "${args.join(' ')}"`)
  const [name] = args
  if (name === undefined || (PROGRAM_NAMES as readonly string[]).includes(name)) return name as ProgramName | undefined
  throw new UsageError(`There is no process "${name}", only ${PROGRAM_NAMES.join(', ')}`)
}

export function parseWholeNumber(what: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`${what} must be a whole number, not "${text}"`)
  return Number(text)
}
