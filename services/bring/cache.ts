// Fills folders of the cache: once, whole or not at all, however many runs want the same one.
import { mkdir, readdir, rename, rm, statfs } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { ServiceError } from '../errors.ts'
import { cacheDir } from '../paths.ts'
import { withLock } from '../processes/lock.ts'
import { type Note, withProgress } from '../say.ts'

export type Wanted = {
  /** Name of the folder inside the cache; another content needs another name. */
  name: string
  /** What is being brought, for the person who waits. */
  label: string
  /** Disk space that bringing it takes at its peak. */
  needsMb: number
  /** Fills the given empty folder. */
  fill: (dir: string, note: Note) => Promise<void>
}

export function cachedDir(name: string): string {
  return path.join(cacheDir, name)
}

const underWay = new Map<string, Promise<string>>()

/** The folder of the cache, filled first if it is not there. */
export function bring(wanted: Wanted): Promise<string> {
  const dir = cachedDir(wanted.name)
  if (existsSync(dir)) return Promise.resolve(dir)
  const brought = underWay.get(dir) ?? bringInto(dir, wanted).finally(() => underWay.delete(dir))
  underWay.set(dir, brought)
  return brought
}

async function bringInto(dir: string, wanted: Wanted): Promise<string> {
  await mkdir(path.dirname(dir), { recursive: true })
  return withLock(`${dir}.lock`, async () => {
    if (existsSync(dir)) return dir
    await removeLeftovers(dir)
    await checkDiskSpace(wanted)
    const partial = `${dir}.partial-${process.pid}`
    await mkdir(partial)
    try {
      await withProgress(wanted.label, (note) => wanted.fill(partial, note))
      await rename(partial, dir)
    } finally {
      await rm(partial, { recursive: true, force: true })
    }
    return dir
  })
}

async function removeLeftovers(dir: string): Promise<void> {
  const prefix = `${path.basename(dir)}.partial-`
  for (const name of await readdir(path.dirname(dir))) {
    if (name.startsWith(prefix)) await rm(path.join(path.dirname(dir), name), { recursive: true, force: true })
  }
}

async function checkDiskSpace({ label, needsMb }: Wanted): Promise<void> {
  const { bavail, bsize } = await statfs(cacheDir)
  const freeMb = Math.floor((bavail * bsize) / 1024 ** 2)
  if (freeMb < needsMb) {
    throw new ServiceError(
      `Not enough disk space for "${label}": ${cacheDir} has ${freeMb} MB free and ${needsMb} MB are needed. ` +
        'Free some, or set BLUESKY_CONNECT_CACHE to a folder on a bigger disk.',
    )
  }
}
