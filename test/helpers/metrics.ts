// Scrapes the metrics of a system's processes as Prometheus does, and reads what it gets.
import { openHealthServer } from '../../src/health.ts'
import type { System } from './system.ts'

export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** What a process answers at its own address. */
export async function scrape({ context }: Pick<System, 'context'>): Promise<{ text: string; samples: Sample[] }> {
  const server = await openHealthServer(context.config, context)
  try {
    const response = await fetch(`http://127.0.0.1:${server.port}/metrics`)
    const text = await response.text()
    if (response.status !== 200) throw new Error(`/metrics answered ${response.status} ${text}`)
    return { text, samples: readSamples(text) }
  } finally {
    server.close()
  }
}

export const readSamples = (text: string): Sample[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', pairs = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      const labels = [...pairs.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text])
      return { name, labels: Object.fromEntries(labels) as Record<string, string>, value: Number(value) }
    })

/** The sum over all samples of a name whose labels are as said. */
export const total = (samples: Sample[], name: string, labels: Record<string, string> = {}): number =>
  samples
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0)
