// Tells the person at the keyboard what is going on, on a terminal and in a log file alike.
import { styleText } from 'node:util'

const QUIET_MS = 1_000
const REMINDER_MS = 15_000
const FRAME_MS = 120
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

export type Note = (text: string) => void

export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function seconds(durationMs: number): string {
  if (durationMs < 10_000) return `${(durationMs / 1_000).toFixed(1)} s`
  if (durationMs < 120_000) return `${Math.round(durationMs / 1_000)} s`
  return `${Math.floor(durationMs / 60_000)} min ${Math.round((durationMs % 60_000) / 1_000)} s`
}

type Task = { label: string; startedAt: number; remark: string }

const tasks = new Set<Task>()
let ticker: NodeJS.Timeout | undefined
let frame = 0

/** Shows `label` with the elapsed time while `work` runs; `note` replaces the remark behind the label. */
export async function withProgress<T>(label: string, work: (note: Note) => Promise<T>): Promise<T> {
  const task: Task = { label, startedAt: Date.now(), remark: '' }
  const stopReminding = process.stdout.isTTY ? spin(task) : remind(task)
  const end = (mark: string) => {
    stopReminding()
    say(`${mark} ${label} (${elapsed(task)})`)
  }
  try {
    const result = await work((text) => {
      task.remark = text
    })
    end(styleText('green', '✓'))
    return result
  } catch (error) {
    end(styleText('red', '✗'))
    throw error
  }
}

function elapsed(task: Task): string {
  return seconds(Date.now() - task.startedAt)
}

function describe(task: Task): string {
  return [task.label, elapsed(task), task.remark].filter(Boolean).join(' · ')
}

// Tasks that run at the same time share one line of the terminal.
function spin(task: Task): () => void {
  const clear = '\r\x1b[2K'
  tasks.add(task)
  ticker ??= setInterval(() => {
    const line = `${FRAMES[frame++ % FRAMES.length]} ${[...tasks].map(describe).join('   ')}`
    process.stdout.write(clear + line.slice(0, (process.stdout.columns || 80) - 1))
  }, FRAME_MS)
  return () => {
    tasks.delete(task)
    process.stdout.write(clear)
    if (tasks.size > 0) return
    clearInterval(ticker)
    ticker = undefined
  }
}

function remind(task: Task): () => void {
  let timer = setTimeout(() => {
    say(`  ${task.label} …`)
    timer = setInterval(() => say(`  ${describe(task)}`), REMINDER_MS)
  }, QUIET_MS)
  return () => clearTimeout(timer)
}
