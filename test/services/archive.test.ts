// An archive is unpacked only if it is the one whose hash is known.
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { unpackArchive } from '../../services/bring/archive.ts'
import { startServer } from '../helpers/odd-servers.ts'

let dir: string
let archive: Buffer
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'archive-test-'))
  await mkdir(join(dir, 'made/thing-1.0/bin'), { recursive: true })
  await mkdir(join(dir, 'into'))
  await writeFile(join(dir, 'made/thing-1.0/bin/thing'), 'real')
  execFileSync('tar', ['-czf', join(dir, 'made.tgz'), '-C', join(dir, 'made'), 'thing-1.0'])
  archive = await readFile(join(dir, 'made.tgz'))
  return () => rm(dir, { recursive: true })
})

const serve = async (body: Buffer, status = 200) => {
  const server = await startServer((_request, response) => void response.writeHead(status).end(body))
  onTestFinished(server.close)
  return server
}
const hashOf = (body: Buffer) => createHash('sha256').update(body).digest('hex')

test('the right one is unpacked, and nothing else is left', async () => {
  const { origin } = await serve(archive)
  await unpackArchive(join(dir, 'into'), { url: `${origin}/thing.tgz`, sha256: hashOf(archive) })
  expect(await readFile(join(dir, 'into/bin/thing'), 'utf8')).toBe('real')
  expect(await readdir(join(dir, 'into'))).toEqual(['bin'])
})

test('another one is refused before anything of it is unpacked', async () => {
  const { origin } = await serve(archive)
  const other = hashOf(Buffer.from('another'))
  await expect(unpackArchive(join(dir, 'into'), { url: `${origin}/thing.tgz`, sha256: other })).rejects.toThrow(
    /is not the file whose SHA-256 is known/,
  )
  expect(await readdir(join(dir, 'into'))).toEqual([])
})

test('a server that has none is named', async () => {
  const { origin } = await serve(Buffer.from('gone'), 404)
  await expect(unpackArchive(join(dir, 'into'), { url: origin, sha256: hashOf(archive) })).rejects.toThrow(
    `${new URL(origin).host} answers 404`,
  )
})
