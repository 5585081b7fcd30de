// A logger like the program's own that keeps its lines for the test.
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { logOptions } from '../../src/context.ts'

export function collectLog() {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  return {
    logger: pino({ ...logOptions, level: 'debug', name: 'test' }, stream),
    lines,
    records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}
