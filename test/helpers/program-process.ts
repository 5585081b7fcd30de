// The program as a process of its own, and what it wrote.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { guard } from '../../services/processes/child.ts'
import { freePort } from '../../services/processes/ports.ts'

export interface ProgramProcess {
  url: string
  healthUrl: string
  /** what it wrote, a line each */
  lines: string[]
  /** it has said that it is ready, and has not ended */
  isWorking(): boolean
  /** resolves with its exit code */
  ended: Promise<number | null>
  kill(signal: NodeJS.Signals): void
}

const HERE = join(import.meta.dirname, '../..')

/** Ends with the test, and with this process however this one ends. @param dir of the checkout */
export async function startProgram(
  kind: 'api' | 'worker',
  env: Record<string, string>,
  dir = HERE,
): Promise<ProgramProcess> {
  let end = () => Promise.resolve()
  let isOver = false
  // Before anything is awaited: a test that breaks off meanwhile must find it.
  onTestFinished(() => {
    isOver = true
    return end()
  })
  const [port, healthPort] = [await freePort(), await freePort()]
  if (isOver) throw new Error('the test was over before the program started')
  const child = spawn(process.execPath, [join(dir, kind === 'api' ? 'src/main.ts' : 'workers/main.ts')], {
    env: { PATH: process.env['PATH'], ...env, PORT: String(port), HEALTH_PORT: String(healthPort) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stopGuarding = child.pid === undefined ? () => {} : guard(child.pid)
  const lines: string[] = []
  let isWorking = false
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line)
      isWorking ||= /"msg":"(listening|working)"/.test(line)
    })
  }
  const ended = once(child, 'close').then(([code]) => {
    isWorking = false
    stopGuarding()
    return code as number | null
  })
  end = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return {
    url: `http://127.0.0.1:${port}`,
    healthUrl: `http://127.0.0.1:${healthPort}`,
    lines,
    isWorking: () => isWorking,
    ended,
    kill: (signal) => child.kill(signal),
  }
}
