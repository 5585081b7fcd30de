// `npm run faults`: the fault suite as a table. --full: all faults with 1,000 connects each, the kill loop with 10,000; --connects N; --only WORDS of a fault's name.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Result } from './suite/run-fault.ts'

const root = join(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: { full: { type: 'boolean', default: false }, connects: { type: 'string' }, only: { type: 'string' } },
})
const { connects } = values
if (connects !== undefined && !/^[1-9]\d{0,5}$/.test(connects))
  throw new Error('--connects takes a number up to 999999')

const dir = await mkdtemp(join(tmpdir(), 'bluesky-connect-faults-'))
try {
  const results = join(dir, 'results')
  // Said as they end: all of them take an hour and more.
  const told = ['run', '--reporter=verbose', 'test/faults/suite.test.ts']
  const child = spawn(join(root, 'node_modules/.bin/vitest'), told, {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      FAULTS_RESULTS: results,
      ...(values.full ? { FAULTS_FULL: '1' } : {}),
      ...(values.only ? { FAULTS_ONLY: values.only } : {}),
      ...(connects ? { FAULTS_CONNECTS: connects } : {}),
    },
  })
  // It goes to both; what was found until then is printed.
  process.on('SIGINT', () => {})
  process.exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)))
  const lines = (await readFile(results, 'utf8').catch(() => '')).split('\n').filter(Boolean)
  console.log(`\n${cpus().length} cores, ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`)
  const noted = lines.map((line) => JSON.parse(line) as Result | { fault: string; missing: string })
  console.log(table(noted.filter((result) => 'accepted' in result)))
  for (const one of noted) {
    if ('missing' in one) console.log(`passed over: ${one.fault}: ${one.missing}`)
    else for (const what of [...one.wrong, ...one.tooManySignIns]) console.log(`${one.fault}: ${what}`)
  }
} finally {
  await rm(dir, { recursive: true, force: true })
}

function table(results: Result[]): string {
  const columns: [string, (result: Result) => string | number][] = [
    ['fault', ({ fault }) => fault],
    ['accepted', ({ accepted }) => accepted],
    ['finished', ({ finished }) => finished],
    ['lost', ({ lost }) => lost],
    ['stuck', ({ stuck }) => stuck],
    ['wrong', ({ wrong }) => wrong.length],
    ['doubled', ({ doubled }) => doubled],
    ['passwords', ({ passwords }) => passwords],
    ['published', ({ published }) => published],
    ['sessions', ({ sessions }) => sessions],
    ['unheard', ({ unheard }) => unheard],
    ['extra sign-ins', ({ extraSignIns }) => extraSignIns],
    ['most', ({ mostSignIns }) => mostSignIns],
    ['too many', ({ tooManySignIns }) => tooManySignIns.length],
    ['recovery, median', ({ recovery }) => `${recovery.median.toFixed(1)} s`],
    ['worst', ({ recovery }) => `${recovery.worst.toFixed(1)} s`],
  ]
  const rows = results.map((result) => columns.map(([, cell]) => cell(result)))
  const head = columns.map(([title]) => title)
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
