// Puts long logs aside while their programs go on writing: what was said is copied, and the file that they have open emptied.
import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'

const LONGEST_BYTES = 20 * 1024 ** 2
const GENERATIONS = 5
const PIECE_BYTES = 1024 ** 2

export function turnLogs(dirs: string[], longestBytes = LONGEST_BYTES): void {
  for (const dir of dirs.filter((one) => existsSync(one))) {
    const logs = readdirSync(dir).filter((name) => name.endsWith('.log'))
    for (const file of logs.map((name) => path.join(dir, name))) if (statSync(file).size > longestBytes) turn(file)
  }
}

function turn(file: string): void {
  for (let age = GENERATIONS - 1; age > 0; age--) {
    if (existsSync(`${file}.${age}`)) renameSync(`${file}.${age}`, `${file}.${age + 1}`)
  }
  const from = openSync(file, 'r+')
  const to = openSync(`${file}.1`, 'w', 0o600)
  const piece = Buffer.alloc(PIECE_BYTES)
  // Emptied at once after a read that found nothing more: a line would have to come just between these two calls to be lost.
  let bytes = readSync(from, piece)
  while (bytes > 0) {
    writeSync(to, piece, 0, bytes)
    bytes = readSync(from, piece)
  }
  ftruncateSync(from)
  closeSync(from)
  closeSync(to)
}
