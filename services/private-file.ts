// Writes files that hold secrets of the local services.
import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Readable by this user only, and there whole or not at all. */
export const writePrivateFile = async (file: string, text: string) => {
  await mkdir(path.dirname(file), { recursive: true })
  const part = `${file}.${process.pid}.part`
  await writeFile(part, text, { mode: 0o600 })
  await rename(part, file)
}
