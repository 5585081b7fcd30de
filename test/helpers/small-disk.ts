// A disk of a test's own that can be full, where this machine lets us mount one.
import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

export interface SmallDisk {
  dir: string
  /** writes until nothing fits any more */
  fill(): Promise<void>
  /** takes that away again */
  free(): Promise<void>
}

const SIZE_MB = 512
/** Of one that does not fit as a whole a part is written. */
const PIECE = Buffer.alloc(1 << 20)
const command = promisify(execFile)

/** Without a trace. @returns why this machine lets us mount none, or null */
export async function noSmallDisk(): Promise<string | null> {
  const dir = await mkdtemp(join(tmpdir(), 'bluesky-connect-disk-'))
  const refused = await mount(dir).then(
    () => command('umount', [dir]).then(() => null),
    ({ message }: Error) => `no file system can be mounted here, as only root may on Linux: ${message.trim()}`,
  )
  await rmdir(dir)
  return refused
}

const mount = (dir: string) => command('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', dir])

/** In memory. Ends with the test. */
export async function mountSmallDisk(): Promise<SmallDisk> {
  const dir = await mkdtemp(join(tmpdir(), 'bluesky-connect-disk-'))
  await mount(dir)
  onTestFinished(async () => {
    await command('umount', [dir])
    await rmdir(dir)
  })
  const ballast = join(dir, 'ballast')
  return {
    dir,
    async fill() {
      const file = await open(ballast, 'w')
      try {
        for (;;) await file.write(PIECE)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        await file.close()
      }
    },
    free: () => rm(ballast, { force: true }),
  }
}
