// Builds the pages when they are not there or older than what they are made of.
import { cp, mkdir, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { hasAll, install } from '../bring/dependencies.ts'
import { projectDir, runtimeDir } from '../paths.ts'
import { mustRun } from '../run.ts'
import { type Note, withProgress } from '../say.ts'

const MADE_OF = ['src', 'vite.config.ts', 'package-lock.json']
const MADE_WITH = [
  'vite',
  '@vitejs/plugin-react',
  'react',
  'react-dom',
  '@mantine/core',
  '@mantine/hooks',
  '@tanstack/react-query',
  'lean-qr',
  'wouter',
]

export async function buildPages(): Promise<void> {
  const built = await stat(path.join(projectDir, 'dist/web/index.html')).catch(() => undefined)
  if (built && built.mtimeMs >= (await newest(MADE_OF))) return
  await withProgress('Building the pages', (note) => (hasAll() ? build(projectDir) : buildAside(note)))
}

/** Where only what runs is installed: with what it takes in a folder that goes again. */
async function buildAside(note: Note): Promise<void> {
  const dir = path.join(runtimeDir, 'pages')
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true })
  try {
    note('installing what it takes')
    await install(dir, note, MADE_WITH, ['--ignore-scripts'])
    for (const name of ['src', 'vite.config.ts', 'tsconfig.json'])
      await cp(path.join(projectDir, name), path.join(dir, name), { recursive: true })
    note('putting them together')
    await build(dir)
    await rm(path.join(projectDir, 'dist/web'), { recursive: true, force: true })
    await cp(path.join(dir, 'dist/web'), path.join(projectDir, 'dist/web'), { recursive: true })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function build(dir: string): Promise<void> {
  await mustRun('Building the pages', path.join(dir, 'node_modules/.bin/vite'), ['build'], { cwd: dir })
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
