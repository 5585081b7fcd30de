// The commands of service.sh.
import { parseArgs, type ParseArgsConfig, styleText } from 'node:util'
import { bringDependencies } from '../bring/dependencies.ts'
import { ServiceError, UsageError } from '../errors.ts'
import { parseCounts, parseProgramName, parseRestart, parseWholeNumber } from './arguments.ts'
import { say } from '../say.ts'

const HELP = `bluesky-connect on this machine

  ./service.sh start                    starts the API, the workers, and MongoDB and Redis if .env names none
  ./service.sh stop                     stops all of it, gracefully
  ./service.sh restart [api|connect|verify|check|all]
                                        starts them anew with what .env says now (all, if none is named)
  ./service.sh status                   each process, its health, and what it is connected to
  ./service.sh logs [name] [--lines N] [--no-follow]
                                        what they said (50 lines each, if not told otherwise), and say from now on
  ./service.sh scale connect=3 check=2  how many processes of each kind run
  ./service.sh demo                     start, with a local PDS and accounts to try it with
  ./service.sh demo revoke              deletes the app password of its account revoked.test: the channel says so by itself
  ./service.sh test                     everything that the continuous integration runs: checks and tests
  ./service.sh test [FILE…] [-t NAME]   the tests alone of the files with FILE in their paths, of those with NAME in theirs
  ./service.sh check                    all but the tests: format, lint, types, unused code, the build of the pages
  ./service.sh help                     this text

Names: api, connect, verify, check; mongo, redis and pds where they run here.
What was brought from elsewhere is kept in \${BLUESKY_CONNECT_CACHE:-~/.cache/bluesky-connect}.`

const commands: Record<string, (args: string[]) => Promise<number | void>> = {
  async start(args) {
    takeNone('start', args)
    await bringDependencies()
    const { alone, start } = await import('./start.ts')
    const settings = await alone(() => start({ demo: false }))
    await (await import('./status.ts')).showStatus()
    say(`\nOpen ${settings.baseUrl}. ./service.sh logs shows what happens, ./service.sh stop stops it.`)
  },
  async demo(args) {
    const [what, ...more] = args
    if (what !== undefined && (what !== 'revoke' || more.length > 0)) {
      throw new UsageError(`"demo" takes nothing or revoke, but was given "${args.join(' ')}"`)
    }
    await bringDependencies()
    const { alone } = await import('./start.ts')
    const { demo, revoke } = await import('./start-demo.ts')
    await alone(what === 'revoke' ? revoke : demo)
  },
  async stop(args) {
    takeNone('stop', args)
    await bringDependencies()
    const { alone } = await import('./start.ts')
    const { stop } = await import('./stop.ts')
    await alone(stop)
  },
  async restart(args) {
    const names = parseRestart(args)
    await bringDependencies()
    const { alone, restart } = await import('./start.ts')
    await alone(() => restart(names))
  },
  async scale(args) {
    const counts = parseCounts(args)
    await bringDependencies()
    const { alone, scale } = await import('./start.ts')
    await alone(() => scale(counts))
  },
  async status(args) {
    takeNone('status', args)
    await bringDependencies()
    const { showStatus } = await import('./status.ts')
    return (await showStatus()) ? 0 : 1
  },
  async logs(args) {
    const options = { lines: { type: 'string' }, 'no-follow': { type: 'boolean' } } as const
    const { values, positionals } = parse({ args, options })
    const name = parseProgramName(positionals)
    const lines = parseWholeNumber('--lines', values.lines ?? '50')
    const { showLogs } = await import('./logs.ts')
    await showLogs({ name, lines, follow: !values['no-follow'] })
  },
  async test(args) {
    const options = { 'test-name': { type: 'string', short: 't' } } as const
    const { values, positionals } = parse({ args, options })
    await bringDependencies()
    const { test, testPart } = await import('./test.ts')
    return args.length === 0 ? test() : testPart({ words: positionals, name: values['test-name'] })
  },
  async check(args) {
    takeNone('check', args)
    await bringDependencies()
    return (await import('./check.ts')).check()
  },
  async help() {
    say(HELP)
  },
}

function parse<Options extends NonNullable<ParseArgsConfig['options']>>(given: { args: string[]; options: Options }) {
  try {
    return parseArgs({ ...given, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? 'Unknown option')
  }
}

function takeNone(command: string, args: string[]): void {
  if (args.length > 0) throw new UsageError(`"${command}" takes no arguments, but was given "${args.join(' ')}"`)
}

const [given = '', ...args] = process.argv.slice(2)
const aliases: Record<string, string> = { '': 'help', '-h': 'help', '--help': 'help' }
const name = aliases[given] ?? given
// Whoever reads only the beginning (| head) is no error.
process.stdout.on('error', () => process.exit(0))
try {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) throw new UsageError(`There is no command "${name}"`)
  process.exitCode = (await command(args)) ?? (given === '' ? 2 : 0)
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}. ./service.sh help shows what there is.\n`)
    process.exit(2)
  }
  const text = error instanceof ServiceError ? error.message : String((error as Error).stack ?? error)
  process.stderr.write(`${styleText('red', text)}\n`)
  process.exit(1)
}
process.exit()
