// Finds a genuine mongod, on PATH or as its makers offer it for download, and runs it.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cachedDir } from '../bring/cache.ts'
import { withLock } from '../processes/lock.ts'
import { type Child, startChild, untilReady } from '../processes/child.ts'
import { cacheDir } from '../paths.ts'
import { accepts, LOOPBACK } from '../processes/ports.ts'
import { findProgram, lastLines, run } from '../run.ts'
import { say, withProgress } from '../say.ts'

const FIRST_BYTE_MS = 8_000
const DOWNLOAD_MS = 10 * 60_000
const REFUSAL_HOLDS_MS = 24 * 3_600_000
const READY_MS = 60_000

const refusalFile = path.join(cacheDir, 'mongod-refused.json')

/** The path of a mongod that runs here, downloaded first if that can be done; undefined if none can be had. */
export async function bringMongod(): Promise<string | undefined> {
  const onPath = findProgram('mongod')
  if (onPath) return onPath
  if (await wasRefused()) return undefined
  return withLock(cachedDir('mongod.lock'), async () => {
    if (await wasRefused()) return undefined
    const file = await locateOrDownload().catch((error: Error) => refuse(error.message))
    if (file === undefined) return undefined
    const version = await run(file, ['--version'])
    return version.code === 0 ? file : refuse(`the downloaded one does not run here: ${lastLines(version.output, 1)}`)
  })
}

async function locateOrDownload(): Promise<string | undefined> {
  const { DryMongoBinary, MongoBinary } = await import('mongodb-memory-server-core')
  const { MongoBinaryDownloadUrl } = await import('mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl.js')
  const downloadDir = cachedDir('mongod')
  const options = await DryMongoBinary.generateOptions({ downloadDir })
  const present = await DryMongoBinary.locateBinary(options)
  if (present) return present
  const url = await new MongoBinaryDownloadUrl(options).getDownloadUrl()
  const obstacle = await withProgress('Asking whether MongoDB can be downloaded', () => downloadObstacle(url))
  if (obstacle) return refuse(obstacle)
  await mkdir(downloadDir, { recursive: true })
  return withProgress(`Downloading MongoDB ${options.version}`, () =>
    Promise.race([
      MongoBinary.getPath({ downloadDir, version: options.version }),
      sleep(DOWNLOAD_MS, undefined, { ref: false }).then(() => Promise.reject(new Error('the download took too long'))),
    ]),
  )
}

async function downloadObstacle(url: string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(FIRST_BYTE_MS)
  try {
    const response = await fetch(url, { signal })
    const reader = response.body?.getReader()
    const first = await reader?.read()
    await reader?.cancel()
    if (!response.ok) return `${new URL(url).host} answers ${response.status}`
    return first?.value?.length ? undefined : `${new URL(url).host} sends nothing`
  } catch (error) {
    if (signal.aborted) return `${new URL(url).host} did not answer within ${FIRST_BYTE_MS / 1_000} s`
    const { cause, message } = error as Error
    return cause instanceof Error ? cause.message : message
  }
}

// Without this, every start on a machine that cannot reach the download would wait for it again.
async function refuse(reason: string): Promise<undefined> {
  say(`  MongoDB itself is not to be had here (${reason.trim()}). Asking again in a day.`)
  await mkdir(cacheDir, { recursive: true })
  await writeFile(refusalFile, JSON.stringify({ at: new Date().toISOString(), reason }))
  return undefined
}

async function wasRefused(): Promise<boolean> {
  if (!existsSync(refusalFile)) return false
  const { at } = JSON.parse(await readFile(refusalFile, 'utf8')) as { at: string }
  return Date.now() - Date.parse(at) < REFUSAL_HOLDS_MS
}

export type MongodOptions = { program: string; dataDir: string; port: number; log: (line: string) => void }

export async function startMongod({ program, dataDir, port, log }: MongodOptions): Promise<Child> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const args = ['--dbpath', dataDir, '--port', String(port), '--bind_ip', LOOPBACK, '--quiet', '--nounixsocket']
  const child = startChild(program, args, { name: 'mongod', log })
  await untilReady(child, 'MongoDB', READY_MS, () => accepts(port))
  return child
}
