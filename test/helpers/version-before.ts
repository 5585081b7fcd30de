// The version before this one, as a checkout of its own.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

/** It moves with each release: docs/upgrade.md. */
const COMMIT = 'ced9f3f7ee9ba84dd0a7e27f5b9778355824b0a7'
const HERE = join(import.meta.dirname, '../..')
const command = promisify(execFile)

/** @returns why it cannot be had, as in a shallow clone or an archive, or null */
export async function noVersionBefore(): Promise<string | null> {
  const known = await command('git', ['cat-file', '-e', `${COMMIT}^{tree}`], { cwd: HERE }).catch(() => null)
  return known ? null : `the history of this clone does not reach back to ${COMMIT}`
}

/** Ends with the test. */
export async function unpackVersionBefore(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'bluesky-connect-before-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const archive = join(dir, 'before.tar')
  await command('git', ['archive', '--output', archive, COMMIT], { cwd: HERE })
  await command('tar', ['-xf', archive, '-C', dir])
  await symlink(join(HERE, 'node_modules'), join(dir, 'node_modules'))
  return dir
}
