// `service.sh check`: what can be said about the code without running a test.
import path from 'node:path'
import { styleText } from 'node:util'
import { projectDir, runtimeDir } from '../paths.ts'
import { run } from '../run.ts'
import { say, seconds, withProgress } from '../say.ts'

const CHECK_MS = 5 * 60_000

export type Outcome = { name: string; passed: number; failed: number; durationMs: number }
type Check = { name: string; command: string; args: string[] }

const checks: Check[] = [
  {
    name: 'format',
    command: 'prettier',
    args: ['--check', '.', '--cache', `--cache-location=${path.join(runtimeDir, 'prettier')}`],
  },
  { name: 'lint', command: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'types', command: 'tsc', args: ['--noEmit'] },
  { name: 'unused code', command: 'knip', args: [] },
  { name: 'build of the pages', command: 'vite', args: ['build'] },
]

/** @returns the exit code */
export async function check(): Promise<number> {
  const startedAt = Date.now()
  return summarize(await runChecks(), startedAt)
}

export function runChecks(): Promise<Outcome[]> {
  return Promise.all(checks.map(runCheck))
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

export function bin(name: string): string {
  return path.join(projectDir, 'node_modules/.bin', name)
}

/** Says how each ended, and in a last line how many passed and failed. @returns the exit code */
export function summarize(outcomes: Outcome[], startedAt: number): number {
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
