// Runs a program to its end and keeps what it said.
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { ServiceError } from './errors.ts'

const KEPT_LINES = 200

export type RunOptions = {
  cwd?: string
  env?: Record<string, string | undefined>
  input?: string
  timeoutMs?: number
  onLine?: (line: string) => void
}

export type RunResult = { code: number; output: string; stdout: string }

/** Never throws for an exit code; throws when the program cannot be started. */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: 'SIGKILL' as const }),
  })
  const lines: string[] = []
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.shift()
      options.onLine?.(line)
    })
  }
  // A program that does not read its input closes the pipe, which is its right.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', (error) => reject(new ServiceError(`${command} could not be started: ${error.message}.`)))
    child.on('close', (exitCode) => resolve(exitCode ?? -1))
  })
  return { code, output: lines.join('\n'), stdout }
}

/** As `run`, but an exit code other than 0 is an error that shows the last lines. */
export async function mustRun(
  what: string,
  command: string,
  args: string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const result = await run(command, args, options)
  if (result.code !== 0)
    throw new ServiceError(`${what} failed (exit code ${result.code}):\n${lastLines(result.output)}`)
  return result
}

export function lastLines(text: string, count = 12): string {
  return text
    .trimEnd()
    .split('\n')
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n')
}

/** The full path of a program on PATH. */
export function findProgram(name: string): string | undefined {
  for (const dir of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.join(dir, name)
    try {
      if (!path.isAbsolute(dir)) continue
      accessSync(file, constants.X_OK)
      return file
    } catch {
      continue
    }
  }
  return undefined
}
