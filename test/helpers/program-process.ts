// The program as a process of its own, and what it wrote.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { freePort } from '../../services/processes/ports.ts'

export interface ProgramProcess {
  url: string
  healthUrl: string
  /** what it wrote, a line each */
  lines: string[]
  /** resolves with its exit code */
  ended: Promise<number | null>
  kill(signal: NodeJS.Signals): void
}

/** Ends with the test. */
export async function startProgram(kind: 'api' | 'worker', env: Record<string, string>): Promise<ProgramProcess> {
  const [port, healthPort] = [await freePort(), await freePort()]
  const script = kind === 'api' ? 'src/main.ts' : 'workers/main.ts'
  const child = spawn(process.execPath, [join(import.meta.dirname, '../..', script)], {
    env: { PATH: process.env['PATH'], ...env, PORT: String(port), HEALTH_PORT: String(healthPort) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', (line) => lines.push(line))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    url: `http://127.0.0.1:${port}`,
    healthUrl: `http://127.0.0.1:${healthPort}`,
    lines,
    ended,
    kill: (signal) => child.kill(signal),
  }
}
