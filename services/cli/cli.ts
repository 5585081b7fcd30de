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
                                        starts them anew one by one, with what .env says now (all, if none is named)
  ./service.sh status [--json]          each process with its version and health, what waits, which servers are slow
  ./service.sh doctor [--json]          looks at all that the program stands on, and says what to do
  ./service.sh logs [name] [--lines N] [--no-follow]
                                        what they said (50 lines each, if not told otherwise), and say from now on
  ./service.sh logs --reference X       one connect from request to outcome, by the reference that a page shows
  ./service.sh scale connect=3 check=2  how many processes of each kind run
  ./service.sh keys check [--json]      what each sealing key still opens
  ./service.sh keys rotate              a new sealing key, while everything runs; says when the old one may go
  ./service.sh keys forget ID [--lost]  takes a key off the record that nothing needs, or that is lost
  ./service.sh admin list               who is administrator
  ./service.sh admin make EMAIL         makes somebody administrator
  ./service.sh admin reset-password [EMAIL] [--password]
                                        prints a link that sets a new password, once; or asks for one
  ./service.sh backup [FOLDER] [--keys FILE]
                                        the database into a folder (.runtime/backups/…), the keys into a file elsewhere
  ./service.sh restore FOLDER [--drop --yes]
                                        a backup into an empty database, or in the place of what is there
  ./service.sh install | uninstall      lets systemd start it with the machine, or no longer
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
    await (await import('./beforehand.ts')).checkBeforehand('start')
    await bringDependencies('run')
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
    if (what === undefined) await (await import('./beforehand.ts')).checkBeforehand('demo')
    await bringDependencies('all')
    const { alone } = await import('./start.ts')
    const { demo, revoke } = await import('./start-demo.ts')
    await alone(what === 'revoke' ? revoke : demo)
  },
  async stop(args) {
    takeNone('stop', args)
    await bringDependencies('run')
    const { alone } = await import('./start.ts')
    const { stop } = await import('./stop.ts')
    await alone(stop)
  },
  async restart(args) {
    const names = parseRestart(args)
    await bringDependencies('run')
    const { alone } = await import('./start.ts')
    const { restart } = await import('./restart.ts')
    await alone(() => restart(names))
  },
  async scale(args) {
    const counts = parseCounts(args)
    await bringDependencies('run')
    const { alone } = await import('./start.ts')
    const { scale } = await import('./restart.ts')
    await alone(() => scale(counts))
  },
  async install(args) {
    takeNone('install', args)
    await (await import('./install.ts')).install()
  },
  async uninstall(args) {
    takeNone('uninstall', args)
    await (await import('./install.ts')).uninstall()
  },
  async status(args) {
    const json = takeJson('status', args)
    await bringDependencies('run')
    const { showStatus } = await import('./status.ts')
    return (await showStatus({ json })) ? 0 : 1
  },
  async doctor(args) {
    const json = takeJson('doctor', args)
    await bringDependencies('run')
    const { doctor } = await import('./doctor.ts')
    return doctor({ json })
  },
  async logs(args) {
    const options = {
      lines: { type: 'string' },
      'no-follow': { type: 'boolean' },
      reference: { type: 'string' },
    } as const
    const { values, positionals } = parse({ args, options })
    if (values.reference !== undefined) {
      if (args.some((one) => !one.startsWith('--reference') && one !== values.reference)) {
        throw new UsageError('"logs --reference" takes the reference alone')
      }
      const { showReference } = await import('./reference.ts')
      const [{ logsDir }, { APP_NAMES }] = await Promise.all([
        import('../processes/supervisor.ts'),
        import('../processes/programs.ts'),
      ])
      return showReference(logsDir, APP_NAMES, values.reference)
    }
    const name = parseProgramName(positionals)
    const lines = parseWholeNumber('--lines', values.lines ?? '50')
    const { showLogs } = await import('./logs.ts')
    await showLogs({ name, lines, follow: !values['no-follow'] })
  },
  async keys(args) {
    const [what = '', ...more] = args
    if (!['check', 'rotate', 'forget'].includes(what)) {
      throw new UsageError(`"keys" takes check, rotate or forget, but was given "${args.join(' ')}"`)
    }
    await bringDependencies('run')
    const { rotateKeys, runKeys } = await import('./keys.ts')
    if (what !== 'rotate') return runKeys(args)
    const { alone } = await import('./start.ts')
    return alone(() => rotateKeys(more))
  },
  async admin(args) {
    const [what = ''] = args
    if (!['list', 'make', 'reset-password'].includes(what)) {
      throw new UsageError(`"admin" takes list, make or reset-password, but was given "${args.join(' ')}"`)
    }
    await bringDependencies('run')
    return (await import('./admin.ts')).runAdmins(args)
  },
  async backup(args) {
    const { values, positionals } = parse({ args, options: { keys: { type: 'string' } } })
    const [folder, ...more] = positionals
    if (more.length > 0) throw new UsageError(`"backup" takes one folder, but was given "${positionals.join(' ')}"`)
    await bringDependencies('run')
    const { alone } = await import('./start.ts')
    const { backup } = await import('./backup.ts')
    await alone(() => backup({ folder, keysFile: values.keys }))
  },
  async restore(args) {
    const options = { drop: { type: 'boolean' }, yes: { type: 'boolean' } } as const
    const { values, positionals } = parse({ args, options })
    const [folder, ...more] = positionals
    if (folder === undefined || more.length > 0) throw new UsageError('"restore" takes the folder of one backup')
    const sure = values.yes ? 'yes' : 'asked'
    await bringDependencies('run')
    const { alone } = await import('./start.ts')
    const { restore } = await import('./backup.ts')
    await alone(() => restore({ folder, replace: values.drop ? sure : 'no' }))
  },
  async test(args) {
    const options = { 'test-name': { type: 'string', short: 't' } } as const
    const { values, positionals } = parse({ args, options })
    await bringDependencies('all')
    const { test, testPart } = await import('./test.ts')
    return args.length === 0 ? test() : testPart({ words: positionals, name: values['test-name'] })
  },
  async check(args) {
    takeNone('check', args)
    await bringDependencies('all')
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

function takeJson(command: string, args: string[]): boolean {
  const { values, positionals } = parse({ args, options: { json: { type: 'boolean' } } })
  if (positionals.length > 0) throw new UsageError(`"${command}" takes --json or nothing`)
  return values.json === true
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
