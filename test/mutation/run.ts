// Tells how many faults the tests notice: puts one after the other into copies of the program, runs the tests that get there.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import setup from '../global-setup.ts'
import { equivalent } from './equivalent.ts'
import { apply, mutantsOf, show, withNotes, type Mutant } from './mutants.ts'

const usage = `npm run mutation -- [options]
  --file PATH   only this file, or the files in this folder; may be given more than once
  --most N      a sample of so many mutants, evenly over the files; --seed N for another one
  --budget S    seconds of tests for one mutant, by the time that they take without one (60)
  --survivors   those that survived so far, once more (with a larger budget, or after a test was written)
  --list        only shows the mutants
What is known is kept in .runtime/mutation: a run that was broken off goes on from there.`

const projectDir = path.resolve(import.meta.dirname, '../..')
const keptDir = path.join(projectDir, '.runtime/mutation')
const SLOTS = 2
/** Browsers take too long, and what starts a supervisor leaves it behind when it is stopped. */
const unsuited = ['test/pages/', 'test/security/least-secrets']
/** Statements outside of functions run wherever the file is read; this one compares every index with a table. */
const testOfIndexes = 'test/services/open-db.test.ts'
const saysIndexes = ({ file, line, body }: Mutant) =>
  (!body && sourceOf(file).split('\n')[line - 1]?.includes('.index(')) || file === 'src/db/open.ts'
/** So many mutants share stores and servers, before what killed tests have left in them is too much. */
const MOST_PER_SERVICES = 40
/** A file of tests that takes no longer does not depend on how busy the machine is. */
const SHORT_MS = 3_000
/** Of starting the tests, and of what a mutant may slow down without being noticed. */
const SLACK_MS = 60_000

const { values: args } = parseArgs({
  options: {
    file: { type: 'string', multiple: true, default: [] },
    most: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    budget: { type: 'string', default: '60' },
    survivors: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const budgetMs = Number(args.budget) * 1000

const hash = (...texts: string[]) => createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 16)
const listFiles = (...patterns: string[]) => fs.globSync(patterns, { cwd: projectDir }).sort()
const read = (file: string) => fs.readFileSync(path.join(projectDir, file), 'utf8')
const linesOf = (file: string) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').filter(Boolean) : [])

const files = listFiles('workers/**/*.ts', 'src/db/*.ts', 'src/seal.ts', 'src/options.ts')
const sources = Object.fromEntries(files.map((file) => [file, read(file)]))
const sourceOf = (file: string) => sources[file] ?? ''
const programs = files.map((file) => ({ file, ...mutantsOf(file, sourceOf(file), file.startsWith('src/db/')) }))
const tested = listFiles('{src,workers,test}/**/*.ts').filter((file) => !file.startsWith('test/mutation/'))
const program = hash(...tested.map(read))

const at = (mutant: Mutant) => `${mutant.file}:${mutant.line}  ${show(mutant)}`
const keyOf = (mutant: Mutant) =>
  hash(mutant.file, sourceOf(mutant.file), `${mutant.start} ${mutant.end}`, mutant.mutated)
function reasonOf(mutant: Mutant): string | undefined {
  const itsLine = sourceOf(mutant.file).split('\n')[mutant.line - 1] ?? ''
  const known = equivalent.filter(({ file, line = '' }) => file === mutant.file && itsLine.includes(line))
  return known.find((one) => one.mutant === show(mutant))?.reason
}

interface Result {
  key: string
  /** a test, or what else went wrong; null for a survivor */
  killedBy: string | null
  program: string
  budgetMs: number
}
const resultsFile = path.join(keptDir, 'results.jsonl')
const results = new Map(
  linesOf(resultsFile)
    .map((line) => JSON.parse(line) as Result)
    .map((one) => [one.key, one]),
)
/** A survivor may meet its test as soon as anything else is different. */
const isKnown = (result: Result | undefined) =>
  result && (result.killedBy !== null || (result.program === program && result.budgetMs >= budgetMs))

// Copies of the program, and tests in them

type Env = Record<string, string>
/** What a run of tests says of one of them, or of a file of them. */
interface Told {
  test: string
  passed: boolean
  failed: string
  /** of a file */
  ms?: number
}
const copies: string[] = []
const running = new Set<number>()
const interruption = new AbortController()

function copyProgram(): string {
  const copy = fs.mkdtempSync(path.join(tmpdir(), 'bluesky-connect-mutant-'))
  copies.push(copy)
  const tracked = execFileSync('git', ['ls-files', '-zco', '--exclude-standard'], { cwd: projectDir, encoding: 'utf8' })
  for (const file of tracked.split('\0').filter((name) => name && fs.existsSync(path.join(projectDir, name)))) {
    fs.cpSync(path.join(projectDir, file), path.join(copy, file))
  }
  fs.symlinkSync(path.join(projectDir, 'node_modules'), path.join(copy, 'node_modules'))
  fs.mkdirSync(path.join(copy, 'tmp'))
  return copy
}

function stopTests(pid: number): void {
  running.delete(pid)
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of them have ended.
  }
}

/**
 * @param hear every word of the tests, which then run to their end
 * @returns what failed first; null when all passed
 */
async function runTests(copy: string, tests: string[], deadlineMs: number, env: Env, hear?: (told: Told) => void) {
  const vitest = path.join(projectDir, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'test/mutation/vitest.config.ts', ...tests], {
    cwd: copy,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, TMPDIR: path.join(copy, 'tmp'), MUTATION_TESTS: JSON.stringify(tests), ...env },
  })
  const { pid } = child
  if (!pid) throw new Error('the tests did not start')
  running.add(pid)
  const { promise, resolve } = Promise.withResolvers<Pick<Told, 'failed' | 'test'> | null>()
  const timer = setTimeout(() => resolve({ test: '', failed: 'time' }), deadlineMs)
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('@@')) return
    const told = JSON.parse(line.slice(2)) as Told
    hear?.(told)
    if (!told.passed && !hear) resolve(told)
  })
  child.once('close', (code) => resolve(code === 0 ? null : { test: '', failed: 'an error outside of tests' }))
  const failed = await promise
  clearTimeout(timer)
  stopTests(pid)
  return failed
}

async function withServices(use: (env: Env) => Promise<unknown>): Promise<void> {
  const provided: Record<string, unknown> = {}
  const stop = await setup({ provide: (key, value) => void (provided[key] = value) })
  await use({ TEST_PROVIDED: JSON.stringify(provided) }).finally(stop)
  if (interruption.signal.aborted) process.exit(130)
}

// Which tests get where

interface Entered {
  program: string
  tests: { test: string; ms: number; bodies: string[] }[]
}

/** One run of all tests in a copy that notes which bodies they enter; those that fail get a second chance, alone. */
async function findEntered(): Promise<Entered> {
  const file = path.join(keptDir, 'entered.json')
  const kept = linesOf(file).map((line) => JSON.parse(line) as Entered)[0]
  if (kept?.program === program) return kept
  console.log('Finding out which tests get where …')
  const copy = copyProgram()
  const notes = path.join(copy, 'notes')
  for (const { file, bodies } of programs)
    fs.writeFileSync(path.join(copy, file), withNotes(file, sourceOf(file), bodies, notes))
  const passed: Told[] = []
  let left = listFiles('test/**/*.test.ts').filter((test) => !unsuited.some((name) => test.startsWith(name)))
  for (const workers of [SLOTS, 1]) {
    if (left.length === 0) break
    const env = { MUTATION_NOTES: notes, MUTATION_WORKERS: String(workers) }
    const hear = (told: Told) => void (told.passed && told.ms !== undefined && passed.push(told))
    await withServices((services) => runTests(copy, left, 3600_000, { ...env, ...services }, hear))
    left = left.filter((test) => !passed.some((told) => told.test === test))
  }
  for (const test of left) console.log(`Not used, because it fails without a mutant: ${test}`)
  const noted = linesOf(notes).map((line) => line.split('\t'))
  const bodiesOf = (test: string) =>
    noted.filter(([by]) => by === path.join(copy, test)).map(([, ...body]) => body.join(':'))
  const tests = passed.map(({ test, ms = 0 }) => ({ test, ms, bodies: bodiesOf(test) }))
  fs.writeFileSync(file, JSON.stringify({ program, tests } satisfies Entered))
  return { program, tests }
}

/** The tests that may notice a mutant: first those that get far in its file in little time. */
function testsFor({ tests }: Entered, mutant: Mutant) {
  const { file, body } = mutant
  const suited = tests.flatMap(({ test, ms, bodies }) => {
    const here = bodies.filter((name) => name.startsWith(`${file}:`))
    if (saysIndexes(mutant) && test === testOfIndexes) return { test, ms, cost: 0 }
    const enters = body ? here.includes(`${file}:${body}`) : here.length > 0
    return enters ? { test, ms, cost: ms / here.length } : []
  })
  suited.sort((a, b) => a.cost - b.cost || a.test.localeCompare(b.test))
  let sum = 0
  return suited.filter(({ ms }, index) => (sum += ms) <= budgetMs || index === 0)
}

/** Where the machine is busy a long test fails now and then: it has to fail twice to have killed. */
async function findKiller(copy: string, tests: { test: string; ms: number }[], env: Env): Promise<string | null> {
  const run = (some: typeof tests) => {
    const deadlineMs = some.reduce((sum, { ms }) => sum + 3 * ms, SLACK_MS)
    return runTests(
      copy,
      some.map(({ test }) => test),
      deadlineMs,
      env,
    )
  }
  for (let left = tests; left.length > 0;) {
    const first = await run(left)
    if (!first) return null
    const index = left.findIndex(({ test }) => test === first.test)
    const [killer] = left.slice(index)
    if (index < 0 || !killer || killer.ms < SHORT_MS || (await run([killer]))) return first.failed
    left = left.slice(index + 1)
  }
  return null
}

/** The same for the same seed, evenly over the files. */
function sample(mutants: Mutant[]): Mutant[] {
  const order = new Map(mutants.map((mutant) => [mutant, hash(args.seed, keyOf(mutant))]))
  const rows = [...Map.groupBy(mutants, ({ file }) => file).values()].map((row) =>
    row.toSorted((a, b) => (order.get(a) ?? '').localeCompare(order.get(b) ?? '')),
  )
  const inTurn = mutants.flatMap((_, index) => rows.flatMap((row) => row[index] ?? []))
  return inTurn.slice(0, Number(args.most)).sort((a, b) => a.file.localeCompare(b.file) || a.start - b.start)
}

function print(mutants: Mutant[], left: Mutant[]): void {
  const done = mutants.flatMap((mutant) => {
    const result = results.get(keyOf(mutant))
    return result && isKnown(result) ? { ...mutant, killed: result.killedBy !== null } : []
  })
  const row = ([file, of]: [string, typeof done]) => {
    const killed = of.filter((one) => one.killed).length
    const percent = Math.round((1000 * killed) / of.length) / 10
    return { file, mutants: of.length, killed, survived: of.length - killed, percent }
  }
  console.table([...Map.groupBy(done, ({ file }) => file), ['all', done] satisfies [string, typeof done]].map(row))
  console.log(`Survivors of ${args.budget} s of tests:`)
  for (const mutant of done.filter(({ killed }) => !killed)) console.log(`  ${at(mutant)}`)
  console.log('Left out, because they change nothing:')
  for (const mutant of left) console.log(`  ${at(mutant)}: ${reasonOf(mutant)}`)
}

async function main(): Promise<void> {
  const chosen = programs
    .flatMap(({ mutants }) => mutants)
    .filter(({ file }) => args.file.length === 0 || args.file.some((name) => path.matchesGlob(file, `${name}{,/**}`)))
  const mutants = sample(chosen.filter((mutant) => !reasonOf(mutant)))
  if (args.list) return mutants.forEach((mutant) => console.log(at(mutant)))
  fs.mkdirSync(keptDir, { recursive: true })
  const queue = mutants.filter((mutant) => {
    const result = results.get(keyOf(mutant))
    return !isKnown(result) && (!args.survivors || result)
  })
  const entered = await findEntered()
  const startedAt = performance.now()
  let done = 0

  async function tryMutant(copy: string, mutant: Mutant, env: Env) {
    const file = path.join(copy, mutant.file)
    fs.writeFileSync(file, apply(sourceOf(mutant.file), mutant))
    const killedBy = await findKiller(copy, testsFor(entered, mutant), env)
    if (interruption.signal.aborted) return
    fs.writeFileSync(file, sourceOf(mutant.file))
    const result: Result = { key: keyOf(mutant), killedBy, program, budgetMs }
    results.set(result.key, result)
    fs.appendFileSync(resultsFile, `${JSON.stringify(result)}\n`)
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    console.log(`${++done}/${queue.length}  ${seconds} s  ${killedBy ? 'killed  ' : 'SURVIVED'}  ${at(mutant)}`)
  }

  const slots = Array.from({ length: Math.min(SLOTS, queue.length) }, copyProgram)
  for (let first = 0; first < queue.length; first += MOST_PER_SERVICES) {
    const batch = queue.slice(first, first + MOST_PER_SERVICES)
    const work = async (copy: string, env: Env) => {
      for (let mutant = batch.shift(); mutant && !interruption.signal.aborted; mutant = batch.shift())
        await tryMutant(copy, mutant, env)
    }
    await withServices((env) => Promise.all(slots.map((copy) => work(copy, env))))
  }
  print(mutants, chosen.filter(reasonOf))
}

const interrupt = () => {
  interruption.abort()
  running.forEach(stopTests)
}
process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
process.once('exit', () => {
  for (const copy of copies) fs.rmSync(copy, { recursive: true, force: true, maxRetries: 3 })
})
if (args.help) console.log(usage)
else await main()
