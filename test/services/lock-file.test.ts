// What is taken from the registry: every package has a hash, and a licence that somebody has allowed.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { licences, type Lock, withoutIntegrity } from '../../services/cli/lock-file.ts'
import { projectDir } from '../../services/paths.ts'

const integrity = 'sha512-x'
const lockOf = (packages: Lock['packages']): Lock => ({ packages: { '': {}, ...packages } })
const refused = (lock: Lock) => licences(lock).filter(({ isAllowed }) => !isAllowed)

test.for(['package-lock.json', 'services/bring/node/package-lock.json'])('%s', async (file) => {
  const lock = JSON.parse(await readFile(join(projectDir, file), 'utf8')) as Lock
  expect(Object.keys(lock.packages).length).toBeGreaterThan(2)
  expect(withoutIntegrity(lock)).toEqual([])
  expect(refused(lock)).toEqual([])
})

test('a package without a SHA-512 is found, whatever platform it is for', () => {
  const lock = lockOf({
    'node_modules/a': { integrity },
    'node_modules/b': {},
    'node_modules/c': { integrity: 'sha1-x' },
    'node_modules/a/node_modules/d': { inBundle: true },
  })
  expect(withoutIntegrity(lock)).toEqual(['node_modules/b', 'node_modules/c'])
})

test.for([
  ['MIT', true],
  ['(MIT OR GPL-3.0)', true],
  ['(Apache-2.0 AND MIT)', true],
  ['(MIT AND GPL-3.0)', false],
  ['AGPL-3.0', false],
  [undefined, false],
] as const)('a licence %s is allowed: %s', ([license, isAllowed]) => {
  expect(licences(lockOf({ 'node_modules/a': { license } }))).toMatchObject([{ isAllowed }])
})

test('what is known of a tool is no leave to ship it', () => {
  expect(refused(lockOf({ 'node_modules/pm2': { license: 'AGPL-3.0', dev: true } }))).toEqual([])
  expect(refused(lockOf({ 'node_modules/pm2': { license: 'AGPL-3.0' } }))).toHaveLength(1)
})
