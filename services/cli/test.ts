// `service.sh test`: every check and every test, all of them whatever fails, and a last line that counts.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { styleText } from 'node:util'
import { bringChromium } from '../bring/chromium.ts'
import { pagesSource } from './pages.ts'
import { projectDir, runtimeDir } from '../paths.ts'
import { run } from '../run.ts'
import { say, seconds, withProgress } from '../say.ts'

const CHECK_MS = 5 * 60_000
const TESTS_MS = 14 * 60_000

type Outcome = { name: string; passed: number; failed: number; durationMs: number }
type Check = { name: string; command: string; args: string[]; wanted?: boolean }

const checks: Check[] = [
  { name: 'format', command: 'prettier', args: ['--check', '.'] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'types', command: 'tsc', args: ['--noEmit'] },
  { name: 'unused code', command: 'knip', args: [] },
  { name: 'build of the pages', command: 'vite', args: ['build'], wanted: existsSync(pagesSource) },
]

/** @returns the exit code */
export async function test(): Promise<number> {
  const startedAt = Date.now()
  const outcomes: Outcome[] = []
  for (const check of checks) if (check.wanted !== false) outcomes.push(await runCheck(check))
  outcomes.push(await runTests())

  const width = Math.max(...outcomes.map(({ name }) => name.length))
  say(`\n${styleText('bold', 'Summary')} (${seconds(Date.now() - startedAt)})`)
  for (const { name, passed, failed, durationMs } of outcomes) {
    const verdict = failed > 0 ? styleText('red', `${failed} failed`) : styleText('green', 'passed')
    say(`  ${name.padEnd(width)}  ${verdict}${passed + failed > 1 ? `, ${passed} passed` : ''}  ${seconds(durationMs)}`)
  }
  const sum = (what: 'passed' | 'failed') => outcomes.reduce((total, outcome) => total + outcome[what], 0)
  say(`${sum('passed')} passed, ${sum('failed')} failed`)
  return sum('failed') > 0 ? 1 : 0
}

function bin(name: string): string {
  return path.join(projectDir, 'node_modules/.bin', name)
}

async function runCheck({ name, command, args }: Check): Promise<Outcome> {
  const startedAt = Date.now()
  const failure = await withProgress(`Check: ${name}`, async () => {
    const { code, output } = await run(bin(command), args, { cwd: projectDir, timeoutMs: CHECK_MS })
    if (code !== 0) throw new CheckFailed(output)
  }).then(
    () => undefined,
    (error: Error) => error,
  )
  if (failure) say(failure.message)
  return { name, passed: failure ? 0 : 1, failed: failure ? 1 : 0, durationMs: Date.now() - startedAt }
}

class CheckFailed extends Error {
  override name = 'CheckFailed'
}

async function runTests(): Promise<Outcome> {
  const startedAt = Date.now()
  const reportFile = path.join(runtimeDir, 'test/vitest.json')
  await mkdir(path.dirname(reportFile), { recursive: true })
  await rm(reportFile, { force: true })
  const needsBrowser = existsSync(path.join(projectDir, 'test/pages'))
  let code: number
  try {
    const environment = needsBrowser ? { CHROMIUM_PATH: await bringChromium() } : {}
    code = await runVitest(reportFile, environment)
  } catch (error) {
    say((error as Error).message)
    code = 1
  }
  const counted = countTests(await readFile(reportFile, 'utf8').catch(() => '{}'), code)
  return { name: 'tests', ...counted, durationMs: Date.now() - startedAt }
}

async function runVitest(reportFile: string, environment: Record<string, string>): Promise<number> {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  const startedAt = Date.now()
  const child = spawn(bin('vitest'), ['run', ...reporters], {
    cwd: projectDir,
    env: { ...process.env, ...environment },
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

/** What vitest's report says; a run that failed without a failing test (a file that does not load, say) is one failure. */
export function countTests(report: string, exitCode: number): { passed: number; failed: number } {
  const { numPassedTests = 0, numFailedTests = 0 } = JSON.parse(report) as Record<string, number | undefined>
  const failed = numFailedTests === 0 && exitCode !== 0 ? 1 : numFailedTests
  return { passed: numPassedTests, failed }
}
