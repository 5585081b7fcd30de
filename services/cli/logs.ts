// `service.sh logs`: what the programs said, and what they say from now on.
import { open, stat } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import { ServiceError } from '../errors.ts'
import { PROGRAM_NAMES } from '../processes/programs.ts'
import { lastLines } from '../run.ts'
import { say } from '../say.ts'
import { logFile } from '../processes/supervisor.ts'

const POLL_MS = 250
const READ_BACK_BYTES = 256 * 1024

export type LogOptions = { name: string | undefined; lines: number; follow: boolean }

export async function showLogs({ name, lines, follow }: LogOptions): Promise<void> {
  const names = name === undefined ? PROGRAM_NAMES.filter((one) => existsSync(logFile(one))) : [name]
  if (!names.some((one) => existsSync(logFile(one)))) {
    throw new ServiceError(`${name ?? 'Nothing'} has ${name ? 'not ' : ''}logged anything yet.`)
  }
  const width = Math.max(...names.map((one) => one.length))
  const print = (one: string, text: string) => {
    for (const line of text.split('\n'))
      say(names.length > 1 ? `${styleText('dim', `${one.padEnd(width)} │`)} ${line}` : line)
  }
  const read = new Map<string, number>()
  for (const one of names) {
    const end = await logEnd(one)
    read.set(one, end)
    const text = (await readFrom(one, Math.max(0, end - READ_BACK_BYTES), end)).trimEnd()
    if (text && lines > 0) print(one, text.split('\n').slice(-lines).join('\n'))
  }
  if (!follow) return
  for (;;) {
    await sleep(POLL_MS)
    for (const one of names) {
      const end = await logEnd(one)
      const known = read.get(one) ?? 0
      // Shorter than before: it was turned over and begun anew.
      const from = end < known ? 0 : known
      const text = await readFrom(one, from, end)
      // A line that is still being written waits for its end.
      const complete = text.slice(0, text.lastIndexOf('\n') + 1)
      if (complete) print(one, complete.slice(0, -1))
      read.set(one, from + Buffer.byteLength(complete))
    }
  }
}

export async function logEnd(name: string): Promise<number> {
  return (await stat(logFile(name)).catch(() => undefined))?.size ?? 0
}

/** The last lines of those that were logged after the first `offset` bytes. */
export async function logLinesSince(name: string, offset: number): Promise<string> {
  const end = await logEnd(name)
  const text = await readFrom(name, Math.max(offset, end - READ_BACK_BYTES), end)
  return text.trim() && lastLines(text)
}

async function readFrom(name: string, from: number, to: number): Promise<string> {
  if (to <= from) return ''
  const file = await open(logFile(name))
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
