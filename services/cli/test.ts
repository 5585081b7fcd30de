// `service.sh test`: every check and every test, all of them whatever fails, or the tests of a part alone.
import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { bringChromium } from '../bring/chromium.ts'
import { UsageError } from '../errors.ts'
import { projectDir, runtimeDir } from '../paths.ts'
import { say, seconds } from '../say.ts'
import { bin, type Outcome, runChecks, summarize } from './check.ts'
import { buildPages } from './pages.ts'

/** Only a run that hangs takes so long; a busy machine may take half of it. */
const TESTS_MS = 45 * 60_000

/** @returns the exit code */
export async function test(): Promise<number> {
  const startedAt = Date.now()
  const checks = await runChecks()
  // Of thousands against real servers one may fail by chance on a busy machine: it is tried again, and named.
  return summarize([...checks, await runTests({ withPages: true, args: ['--retry=1'] })], startedAt)
}

/**
 * The tests alone, of the files that have one of `words` in their paths, and with `name` in theirs.
 * @returns the exit code
 */
export async function testPart({ words, name }: { words: string[]; name?: string | undefined }): Promise<number> {
  const startedAt = Date.now()
  const all = await readdir(path.join(projectDir, 'test'), { recursive: true })
  const files = chooseTests(
    all.filter((file) => file.endsWith('.test.ts')).map((file) => path.join('test', file)),
    words,
  )
  const withPages = files.some((file) => file.startsWith(path.join('test', 'pages')))
  if (withPages) await buildPages()
  const args = [...files, ...(name === undefined ? [] : ['-t', name])]
  const outcome = await runTests({ withPages, args })
  if (outcome.passed + outcome.failed === 0) throw new UsageError(`No test there has "${name}" in its name`)
  return summarize([outcome], startedAt)
}

/** Those of `files` that have one of the words in their paths; all without a word. A word that fits none is a mistake. */
export function chooseTests(files: string[], words: string[]): string[] {
  if (words.length === 0) return files
  const wanted = words.map((word) => path.relative(projectDir, path.resolve(projectDir, word)))
  for (const word of wanted) {
    if (files.some((file) => file.includes(word))) continue
    const near = nearest(files, word)
    throw new UsageError(
      `No test file has "${word}" in its path${near.length > 0 ? `, but there is ${near.join(', ')}` : ''}`,
    )
  }
  return files.filter((file) => wanted.some((word) => file.includes(word)))
}

// Names that have pieces of three letters in common are near.
function nearest(files: string[], word: string): string[] {
  const piecesOf = (name: string) => {
    const text = path.basename(name).replace(/(\.test)?\.ts$/, '')
    return new Set(Array.from({ length: Math.max(text.length - 2, 0) }, (_, index) => text.slice(index, index + 3)))
  }
  const pieces = piecesOf(word)
  return files
    .map((file) => ({ file, shared: [...piecesOf(file)].filter((piece) => pieces.has(piece)).length }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared)
    .slice(0, 3)
    .map(({ file }) => file)
}

async function runTests({ withPages, args }: { withPages: boolean; args: string[] }): Promise<Outcome> {
  const startedAt = Date.now()
  const reportFile = path.join(runtimeDir, 'test/vitest.json')
  await mkdir(path.dirname(reportFile), { recursive: true })
  await rm(reportFile, { force: true })
  let code = 1
  try {
    // Here it may take its time, and is seen.
    if (withPages) await bringChromium()
    code = await runVitest(reportFile, args)
  } catch (error) {
    say((error as Error).message)
  }
  const { unsteady, ...counted } = countTests(await readFile(reportFile, 'utf8').catch(() => '{}'), code)
  if (unsteady.length > 0) say(`\nPassed at the second try alone:\n  ${unsteady.join('\n  ')}`)
  return { name: 'tests', ...counted, durationMs: Date.now() - startedAt }
}

async function runVitest(reportFile: string, args: string[]): Promise<number> {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  const startedAt = Date.now()
  const child = spawn(bin('vitest'), ['run', ...reporters, ...args], {
    cwd: projectDir,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: TESTS_MS,
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal) say(`The tests were ended by ${signal} after ${seconds(Date.now() - startedAt)}.`)
      resolve(code ?? 1)
    })
  })
}

interface Report {
  numPassedTests?: number
  numFailedTests?: number
  testResults?: { name: string; assertionResults: { fullName: string; status: string; failureMessages: string[] }[] }[]
}

/**
 * What vitest's report says; a run that failed without a failing test (a file that does not load, say) is one failure.
 * @returns unsteady: the names of those that failed first and passed then
 */
export function countTests(report: string, exitCode: number): { passed: number; failed: number; unsteady: string[] } {
  const { numPassedTests = 0, numFailedTests = 0, testResults = [] } = JSON.parse(report) as Report
  const unsteady = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0)
      .map(({ fullName }) => `${path.relative(projectDir, name)}: ${fullName}`),
  )
  const failed = numFailedTests === 0 && exitCode !== 0 ? 1 : numFailedTests
  return { passed: numPassedTests, failed, unsteady }
}
