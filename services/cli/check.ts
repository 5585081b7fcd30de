// `service.sh check`: what can be said about the code without running a test.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { styleText } from 'node:util'
import { projectDir, runtimeDir } from '../paths.ts'
import { run } from '../run.ts'
import { say, seconds, withProgress } from '../say.ts'
import { licences, type Lock, withoutIntegrity } from './lock-file.ts'

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
  return Promise.all([outcomeOf('lock files', checkLockFiles), ...checks.map(runCheck)])
}

function runCheck({ name, command, args }: Check): Promise<Outcome> {
  return outcomeOf(name, async () => {
    const { code, output } = await run(bin(command), args, { cwd: projectDir, timeoutMs: CHECK_MS })
    if (code !== 0) throw new CheckFailed(output)
  })
}

async function checkLockFiles(): Promise<void> {
  for (const file of ['package-lock.json', 'services/bring/node/package-lock.json']) {
    const lock = JSON.parse(await readFile(path.join(projectDir, file), 'utf8')) as Lock
    const bare = withoutIntegrity(lock)
    if (bare.length > 0)
      throw new CheckFailed(
        `${file} has no SHA-512 for ${bare.join(', ')}: take these entries out and run npm install.`,
      )
    const refused = licences(lock).filter(({ isAllowed }) => !isAllowed)
    if (refused.length > 0) {
      const list = refused.map(({ name, licence }) => `${name} (${licence})`).join(', ')
      throw new CheckFailed(`Licences that nobody has allowed in services/cli/lock-file.ts: ${list}`)
    }
  }
}

async function outcomeOf(name: string, check: () => Promise<void>): Promise<Outcome> {
  const startedAt = Date.now()
  const failure = await withProgress(`Check: ${name}`, check).then(
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
