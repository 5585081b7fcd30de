// Finds a genuine mongod, on PATH or as its makers offer it for download, and runs it.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { type Archive, unpackArchive } from '../bring/archive.ts'
import { bring } from '../bring/cache.ts'
import { ServiceError } from '../errors.ts'
import { type Child, startChild, untilReady } from '../processes/child.ts'
import { cacheDir } from '../paths.ts'
import { accepts } from '../processes/ports.ts'
import { findProgram, lastLines, run } from '../run.ts'
import { say } from '../say.ts'

const VERSION = '8.2.6'
const REFUSAL_HOLDS_MS = 24 * 3_600_000
const READY_MS = 60_000

/** Of MongoDB's own builds, those for Ubuntu 24.04 on Linux; what is older than that does not run them. */
const ARCHIVES: Partial<Record<string, Archive>> = {
  'linux-x64': {
    url: `https://fastdl.mongodb.org/linux/mongodb-linux-x86_64-ubuntu2404-${VERSION}.tgz`,
    sha256: '56314a0f0a81238d974302fbffe7862efe9694c498ead62a0bca92cb595a0df0',
  },
  'linux-arm64': {
    url: `https://fastdl.mongodb.org/linux/mongodb-linux-aarch64-ubuntu2404-${VERSION}.tgz`,
    sha256: '8eaa50d208e82df9effa462a6c5cb200a65b037fa118af0153f701ce1ceab422',
  },
  'darwin-x64': {
    url: `https://fastdl.mongodb.org/osx/mongodb-macos-x86_64-${VERSION}.tgz`,
    sha256: '39b6ba80ad21ad1ca8dbd989d7fe81a60aa5f41475eb42d4247fe40740062f3d',
  },
  'darwin-arm64': {
    url: `https://fastdl.mongodb.org/osx/mongodb-macos-arm64-${VERSION}.tgz`,
    sha256: 'ef8301d05cdb4686775aee1ddce391b5f1cd67cdc61179c2d21dab246a2c4f1b',
  },
}

const refusalFile = path.join(cacheDir, 'mongod-refused.json')

/** The path of a mongod that runs here, downloaded first if that can be done; undefined if none can be had. */
export async function bringMongod(): Promise<string | undefined> {
  const onPath = findProgram('mongod')
  if (onPath) return onPath
  const archive = ARCHIVES[`${process.platform}-${process.arch}`]
  if (!archive || (await wasRefused())) return undefined
  try {
    const dir = await bring({
      name: `mongod-${VERSION}`,
      label: `Downloading MongoDB ${VERSION}`,
      needsMb: 1_000,
      async fill(partial) {
        await unpackArchive(partial, archive)
        const version = await run(path.join(partial, 'bin/mongod'), ['--version'])
        if (version.code !== 0) throw new ServiceError(`it does not run here: ${lastLines(version.output, 1).trim()}`)
      },
    })
    return path.join(dir, 'bin/mongod')
  } catch (error) {
    return refuse((error as Error).message)
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

export type MongodOptions = { program: string; dataDir: string; socket: string; log: (line: string) => void }

export async function startMongod({ program, dataDir, socket, log }: MongodOptions): Promise<Child> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  // On this socket alone: no port, and none of the sockets in /tmp that it makes otherwise.
  const args = ['--dbpath', dataDir, '--bind_ip', socket, '--filePermissions', '0700', '--quiet', '--nounixsocket']
  const child = startChild(program, args, { name: 'mongod', log })
  await untilReady(child, 'MongoDB', READY_MS, () => accepts(socket))
  return child
}
