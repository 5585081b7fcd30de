// The folder of Debian packages that PostgreSQL with DocumentDB, and Redis, run out of.
import { mkdir, symlink, writeFile, chmod } from 'node:fs/promises'
import path from 'node:path'
import { bring } from './cache.ts'
import { loaderCommand, unpackDebian } from './debian.ts'
import type { Note } from '../say.ts'

export const POSTGRES_MAJOR = '18'
const POSTGRES_DIR = `lib/postgresql/${POSTGRES_MAJOR}`
/** The versions that this program was tested with. Other ones need another name of the folder, so that it is brought anew. */
const PACKAGES = [
  'postgresql-18=18.6-3',
  'postgresql-18-documentdb=1.0-0-1',
  'postgresql-18-postgis-3-scripts=3.6.4+dfsg-2',
  'redis-server=5:8.0.6-3',
]
// Libraries outside the one folder that the loader searches, seen from it.
const LIBRARY_DIRS = ['blas', 'lapack', '../postgresql/18/lib']

/** Where PostgreSQL's programs are, each runnable as it is. */
export function postgresBin(dir: string): string {
  return path.join(dir, 'runnable', POSTGRES_DIR, 'bin')
}

export async function bringDatabases(): Promise<string> {
  return bring({
    name: 'databases-1',
    label: 'Bringing PostgreSQL with DocumentDB, and Redis, from Debian',
    needsMb: 1_200,
    async fill(dir, note) {
      await unpackDebian(dir, PACKAGES, note)
      await finish(dir, note)
    },
  })
}

// What the packages' own installation scripts would have done, and programs that start by the folder's own loader.
async function finish(dir: string, note: Note): Promise<void> {
  note('making it runnable')
  const share = path.join(dir, 'usr/share/postgresql/18')
  await symlink('postgis-3.control', path.join(share, 'extension/postgis.control'))
  // PostgreSQL looks for its files beside the program that was started, so the starters stand in a tree shaped like its own.
  const bin = postgresBin(dir)
  await mkdir(bin, { recursive: true })
  await mkdir(path.join(dir, 'runnable/share/postgresql'), { recursive: true })
  await symlink(`../../../../usr/${POSTGRES_DIR}/lib`, path.join(bin, '../lib'))
  await symlink('../../../usr/share/postgresql/18', path.join(dir, 'runnable/share/postgresql/18'))
  for (const program of ['initdb', 'postgres', 'psql']) {
    const [loader, ...options] = loaderCommand('$root', LIBRARY_DIRS)
    const quoted = [loader, ...options, '--argv0', '$0', `$root/usr/${POSTGRES_DIR}/bin/${program}`].map(
      (word) => `"${word}"`,
    )
    const file = path.join(bin, program)
    await writeFile(file, `#!/bin/sh\nroot="\${0%/runnable/*}"\nexec ${quoted.join(' ')} "$@"\n`)
    await chmod(file, 0o755)
  }
}
