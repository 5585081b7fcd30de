// `npm run bench`: the measurements one after the other, and what they found as one table.
//   --full: those of a million channels, of 20,000 jobs and of half an hour too; --only WORD of a measurement's name
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { inWords, machine, type Figure } from './figures.ts'

/** With the arguments of a full run where that takes others; null: only there. */
const measurements: { name: string; args: string[] | null; full: string[] }[] = [
  { name: 'connect', args: ['30'], full: ['100'] },
  { name: 'door', args: [], full: [] },
  { name: 'worker', args: ['1200', '2000'], full: ['2000', '20000'] },
  { name: 'scale', args: ['4', '300'], full: ['4', '600'] },
  { name: 'streams', args: ['2000', '300'], full: ['4950', '600'] },
  { name: 'list', args: ['100000', '20'], full: ['1000000', '20'] },
  { name: 'soak', args: null, full: ['30'] },
]

const { values } = parseArgs({ options: { full: { type: 'boolean', default: false }, only: { type: 'string' } } })
const dir = await mkdtemp(join(tmpdir(), 'bluesky-connect-figures-'))
try {
  const figures = join(dir, 'figures')
  for (const { name, args, full } of measurements) {
    const given = values.full ? full : args
    if (!given || !name.includes(values.only ?? '')) continue
    console.log(`\nbench/${name}.ts ${given.join(' ')}`)
    const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`), ...given], {
      stdio: 'inherit',
      env: { ...process.env, BENCH_FIGURES: figures },
    })
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    if (code !== 0) {
      console.error(`bench/${name}.ts broke off`)
      process.exitCode = 1
    }
  }
  const lines = (await readFile(figures, 'utf8').catch(() => '')).split('\n').filter(Boolean)
  const rows = lines.map((line) => JSON.parse(line) as Figure & { load: number })
  console.log(`\n${machine()}, ${new Date().toISOString().slice(0, 10)}`)
  console.log('| figure | goal | measured | met | load |\n| --- | --- | --- | --- | --- |')
  for (const row of rows) console.log(`| ${[...inWords(row), row.load.toFixed(1)].join(' | ')} |`)
} finally {
  await rm(dir, { recursive: true, force: true })
}
