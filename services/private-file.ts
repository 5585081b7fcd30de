// Writes files that are nobody else's business: secrets of the local services, and their logs.
import { mkdir, open, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Readable by this user only, and there whole or not at all. */
export const writePrivateFile = async (file: string, text: string | Uint8Array) => {
  await mkdir(path.dirname(file), { recursive: true })
  const part = `${file}.${process.pid}.part`
  await writeFile(part, text, { mode: 0o600 })
  await rename(part, file)
}

/** A file that others append to: there afterwards, with what it held, and readable by this user only. */
export const makePrivate = async (file: string) => {
  const handle = await open(file, 'a', 0o600)
  await handle.chmod(0o600)
  await handle.close()
}
