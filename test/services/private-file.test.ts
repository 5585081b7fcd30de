// Logs and secrets of the local services are for their own user to read.
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makePrivate } from '../../services/private-file.ts'

test('a log is for its own user alone, new or begun before, and keeps its lines', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'private-file-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const [fresh, old] = [join(dir, 'fresh.log'), join(dir, 'old.log')]
  await writeFile(old, 'a line\n')
  await chmod(old, 0o644)
  for (const file of [fresh, old]) {
    await makePrivate(file)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  }
  expect(await readFile(old, 'utf8')).toBe('a line\n')
})
