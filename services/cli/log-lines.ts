// Reads the lines that the programs logged, those of earlier generations of the files included.
import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'

/** One line of the log, of the program `name`. */
export interface LogLine {
  name: string
  time: Date
  fields: Record<string, unknown>
}

/** A file of the log of the program `name`. */
export interface LogFile {
  name: string
  file: string
}

/** Of each file; what a busy hour says. */
const TAIL_BYTES = 1024 ** 2

/** The file of now, and those that were put aside: api.log, api.log.1, api.log.2.gz, api-2026-11-27.log … */
export async function logFiles(dir: string, names: readonly string[]): Promise<LogFile[]> {
  const all = await readdir(dir).catch(() => [])
  return names.flatMap((name) => {
    const isOf = new RegExp(String.raw`^${name}(?:[._-]+\d[\dT_-]*)?\.log(?:\.\d[\dT_-]*)?(?:\.gz)?$`)
    return all.filter((file) => isOf.test(file)).map((file) => ({ name, file: path.join(dir, file) }))
  })
}

export async function* readLines({ name, file }: LogFile): AsyncGenerator<LogLine> {
  const raw = createReadStream(file)
  const input = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      const line = parseLine(name, text)
      if (line) yield line
    }
  } finally {
    raw.destroy()
  }
}

/** The last lines of the file of now. */
export async function readTail({ name, file }: LogFile): Promise<LogLine[]> {
  const { size } = await stat(file).catch(() => ({ size: 0 }))
  if (size === 0) return []
  const handle = await open(file)
  try {
    const from = Math.max(0, size - TAIL_BYTES)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from)
    const texts = buffer.toString('utf8', 0, bytesRead).split('\n')
    return texts.flatMap((text) => parseLine(name, text) ?? [])
  } finally {
    await handle.close()
  }
}

/** @returns null for what is none of ours, such as the last words of a process */
export function parseLine(name: string, text: string): LogLine | null {
  if (!text.startsWith('{')) return null
  try {
    const fields = JSON.parse(text) as Record<string, unknown>
    const time = new Date(fields['time'] as string | number)
    return Number.isNaN(time.getTime()) ? null : { name, time, fields }
  } catch {
    return null
  }
}

/** Of no use to whoever reads: they stand before the line, or in every one. */
const said = new Set(['time', 'level', 'name', 'pid', 'hostname', 'msg'])

/** What a line says, with everything that it names but for `known`. */
export function lineInWords({ fields }: LogLine, known: readonly string[] = []): string {
  const named = Object.entries(fields).filter(([key]) => !said.has(key) && !known.includes(key))
  const message = typeof fields['msg'] === 'string' ? [fields['msg']] : []
  return [...message, ...named.flatMap(([key, value]) => pair(key, value))].join('  ')
}

/** As it is written behind a `=`. */
export const valueInWords = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function pair(key: string, value: unknown): string[] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'object') return [`${key}=${valueInWords(value)}`]
  const inner = Object.entries(value).filter(([name, one]) => name !== 'stack' && one !== null)
  return inner.map(([name, one]) => `${key}.${name}=${valueInWords(one)}`)
}
