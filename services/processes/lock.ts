// Lock files: one process of this machine at a time, and never one that is dead.
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import path from 'node:path'
import { withProgress } from '../say.ts'
import { isAlive, startOf } from './process-table.ts'

const POLL_MS = 200
const UNREADABLE_LOCK_MS = 5_000

/** Runs `work` while no other process of this machine holds the lock file. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true })
  if (!(await tryLock(file))) {
    await withProgress('Waiting for another run of service.sh', async (note) => {
      while (!(await tryLock(file))) {
        note(`held by process ${await lockHolder(file)}`)
        await sleep(POLL_MS)
      }
    })
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

async function tryLock(file: string): Promise<boolean> {
  if ((await lockHolder(file)) === 'gone') await rm(file, { force: true })
  try {
    const handle = await open(file, 'wx')
    await handle.writeFile(`${process.pid} ${startOf(process.pid)}`)
    await handle.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Its process number; undefined when nobody holds it, or whoever does has not written yet. */
async function lockHolder(file: string): Promise<number | 'gone' | undefined> {
  try {
    const [pid, start = ''] = (await readFile(file, 'utf8')).split(/ (.*)/s)
    if (Number(pid) > 0) return isAlive(Number(pid)) && startOf(Number(pid)) === start ? Number(pid) : 'gone'
    // Empty: its maker has not written yet, or was killed before it could.
    const age = Date.now() - (await stat(file)).mtimeMs
    return age > UNREADABLE_LOCK_MS ? 'gone' : undefined
  } catch {
    return undefined
  }
}
