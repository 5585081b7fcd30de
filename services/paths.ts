// Where services/ keeps things: the checkout, its run-time folder and the per-user cache.
import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { ServiceError } from './errors.ts'

export const projectDir = path.resolve(import.meta.dirname, '..')

/** State of this checkout that git ignores: data, logs, chosen ports. */
export const runtimeDir = path.join(projectDir, '.runtime')

/** What services found out, told to the API and the workers beneath the real environment and above `.env`. */
export const servicesEnvFile = path.join(runtimeDir, 'services.env')

/** What was brought from elsewhere, shared by all checkouts of a user. */
export const cacheDir = path.resolve(
  process.env['BLUESKY_CONNECT_CACHE'] ||
    path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'bluesky-connect'),
)

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10)
}

const userId = process.getuid?.() ?? 0

// A unix socket's path may not be longer than this on the strictest system, its file name included.
const LONGEST_SOCKET_PATH = 103
const LONGEST_SOCKET_NAME = '/postgres/.s.PGSQL.5432.lock'.length

/** The folder for the unix sockets of `owner`, a folder too: always the same one, and a short path however deep the owner lies. */
export function socketDirFor(owner: string): string {
  const name = shortHash(owner)
  const fits = (dir: string) => Buffer.byteLength(dir) + LONGEST_SOCKET_NAME <= LONGEST_SOCKET_PATH
  const inCache = path.join(cacheDir, 'run', name)
  const inTemp = [tmpdir(), '/tmp'].map((dir) => path.join(dir, `bluesky-connect-${userId}-${name}`))
  return [inCache, ...inTemp].find(fits) ?? inCache
}

/** Makes that folder, for nobody else to enter. */
export function makeSocketDir(owner: string): string {
  const dir = socketDirFor(owner)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  // Anybody may create names in the temporary folder: one that somebody else made would hand them our sockets.
  const made = lstatSync(dir)
  if (!made.isDirectory() || made.uid !== userId || made.mode & 0o022) {
    throw new ServiceError(`${dir} does not belong to you alone: remove it.`)
  }
  return dir
}
