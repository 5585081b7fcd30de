// Downloads an archive whose SHA-256 is known, and unpacks it only if it is that one.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ServiceError } from '../errors.ts'
import { mustRun } from '../run.ts'

const FIRST_BYTE_MS = 8_000
const DOWNLOAD_MS = 10 * 60_000

export type Archive = { url: string; /** hexadecimal */ sha256: string }

/** Into the folder `dir`, without the archive's own outermost folder. */
export async function unpackArchive(dir: string, { url, sha256 }: Archive): Promise<void> {
  const { host } = new URL(url)
  const file = path.join(dir, '.archive.tgz')
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), FIRST_BYTE_MS)
  try {
    const response = await fetch(url, { signal: AbortSignal.any([patience.signal, AbortSignal.timeout(DOWNLOAD_MS)]) })
    clearTimeout(timer)
    if (!response.ok || !response.body) throw new ServiceError(`${host} answers ${response.status}`)
    await pipeline(response.body, createWriteStream(file))
    const hash = createHash('sha256')
    await pipeline(createReadStream(file), hash)
    if (hash.digest('hex') !== sha256)
      throw new ServiceError(`what ${host} sends is not the file whose SHA-256 is known`)
    await mustRun('Unpacking an archive', 'tar', ['-xzf', file, '-C', dir, '--strip-components=1'])
  } catch (error) {
    if (patience.signal.aborted) throw new ServiceError(`${host} did not answer within ${FIRST_BYTE_MS / 1_000} s`)
    const { cause } = error as Error
    throw cause instanceof Error ? new ServiceError(cause.message) : error
  } finally {
    clearTimeout(timer)
    await rm(file, { force: true })
  }
}
