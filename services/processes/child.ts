// Starts a server as a child that can be stopped, and that ends with this process even if this process is killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceError } from '../errors.ts'
import { isAlive } from './process-table.ts'

const STOP_MS = 12_000
const KEPT_LINES = 12
/** For what an ended child said last. */
const LAST_WORDS_MS = 1_000

export type Child = {
  pid: number
  /** Resolves with a sentence when the child has ended, wanted or not. */
  ended: Promise<string>
  hasEnded(): boolean
  /** What it said last, for an error message. */
  lastWords(): string
  stop(): Promise<void>
}

export type ChildOptions = {
  name: string
  log: (line: string) => void
  env?: Record<string, string>
  /** A folder that is of no use any more when this process was killed. */
  scratchDir?: string
}

/** The child is told to end by SIGINT, which MongoDB, PostgreSQL, FerretDB and Redis all take for "now, but cleanly". */
export function startChild(command: string, args: string[], { name, log, env, scratchDir = '' }: ChildOptions): Child {
  // A session of its own: Ctrl-C in the terminal shall reach this process alone, which then stops its children in order.
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const stopGuarding = child.pid === undefined ? () => undefined : guard(child.pid, scratchDir)
  const words: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      words.push(line)
      if (words.length > KEPT_LINES) words.shift()
      log(`${name}: ${line}`)
    })
  }
  let hasEnded = false
  const ended = new Promise<string>((resolve) => {
    const end = (how: string) => {
      hasEnded = true
      stopGuarding()
      resolve(`${name} ${how}`)
    }
    child.on('error', (error) => end(`could not be started: ${error.message}`))
    child.on('exit', async (code, signal) => {
      // A process of its own that outlives it may hold its output open for ever.
      await Promise.race([once(child, 'close'), sleep(LAST_WORDS_MS, undefined, { ref: false })])
      for (const stream of [child.stdout, child.stderr]) stream.destroy()
      end(signal ? `was ended by ${signal}` : `ended with exit code ${code}`)
    })
  })
  return {
    pid: child.pid ?? -1,
    ended,
    hasEnded: () => hasEnded,
    lastWords: () => words.map((line) => `  ${line}`).join('\n'),
    async stop() {
      if (hasEnded) return
      child.kill('SIGINT')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

// Reads a pipe whose other end only this process holds: its end is this process's end, however it came.
// The folder goes before the child does: whoever starts the next child waits for that, and then makes the folder anew.
const GUARD = `
read -r _
[ -z "$2" ] || rm -rf "$2"
kill -INT "$1" 2>/dev/null
n=0
while kill -0 "$1" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
kill -KILL "$1" 2>/dev/null
`

/** It ends when this process does. @returns no longer */
export function guard(pid: number, scratchDir = ''): () => void {
  const watcher = spawn('sh', ['-c', GUARD, 'guard', String(pid), scratchDir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.unref()
  return () => watcher.kill('SIGKILL')
}

/** Calls `check` until it says yes. Fails when the child ends first, or after `withinMs`. */
export async function untilReady(
  child: Child,
  what: string,
  withinMs: number,
  check: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await check())) {
    if (child.hasEnded()) throw new ServiceError(`${what} did not start: ${await child.ended}.\n${child.lastWords()}`)
    if (Date.now() > deadline) {
      await child.stop()
      throw new ServiceError(`${what} was not ready within ${withinMs / 1_000} s.\n${child.lastWords()}`)
    }
    await sleep(50)
  }
}

/** Whether the process is gone within the time. */
export async function waitForEnd(pid: number, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false
    await sleep(50)
  }
  return true
}
