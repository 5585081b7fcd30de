// How many processes of each kind shall run: what `scale` said last, also after a stop or a reboot.
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runtimeDir } from '../paths.ts'
import { type ProgramName, usualCount } from '../processes/programs.ts'

const countsFile = path.join(runtimeDir, 'counts.json')

async function readCounts(): Promise<Partial<Record<ProgramName, number>>> {
  const text = await readFile(countsFile, 'utf8').catch(() => '{}')
  return JSON.parse(text) as Partial<Record<ProgramName, number>>
}

export async function wantedCount(name: ProgramName): Promise<number> {
  return (await readCounts())[name] ?? usualCount(name)
}

export async function rememberCount(name: ProgramName, count: number): Promise<void> {
  await writeFile(countsFile, JSON.stringify({ ...(await readCounts()), [name]: count }))
}
