// Builds the pages when they are not there or older than what they are made of.
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { projectDir } from '../paths.ts'
import { mustRun } from '../run.ts'
import { withProgress } from '../say.ts'

const MADE_OF = ['src', 'vite.config.ts', 'package-lock.json']

export async function buildPages(): Promise<void> {
  const built = await stat(path.join(projectDir, 'dist/web/index.html')).catch(() => undefined)
  if (built && built.mtimeMs >= (await newest(MADE_OF))) return
  await withProgress('Building the pages', () =>
    mustRun('Building the pages', path.join(projectDir, 'node_modules/.bin/vite'), ['build'], { cwd: projectDir }),
  )
}

async function newest(names: string[]): Promise<number> {
  let latest = 0
  for (const name of names) {
    const file = path.join(projectDir, name)
    const { mtimeMs } = await stat(file)
    latest = Math.max(latest, mtimeMs)
    if (!name.includes('.')) {
      const inside = await readdir(file, { recursive: true })
      for (const entry of inside) latest = Math.max(latest, (await stat(path.join(file, entry))).mtimeMs)
    }
  }
  return latest
}
