// The locked dependencies: when an installation is what the lock file asks for, and what a failed one means.
import { describe, expect, test } from 'vitest'
import { explain, isSameInstallation } from '../../services/bring/dependencies.ts'

const lock = {
  packages: {
    '': {},
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/only-elsewhere': { version: '2.0.0', integrity: 'sha512-b', optional: true },
  },
}

describe('an installation', () => {
  test('is what the lock file says when only optional packages are missing', () => {
    expect(
      isSameInstallation(lock, { packages: { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } } }),
    ).toBe(true)
  })

  test.each([
    ['a package is missing', {}],
    ['a package has another version', { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }],
    ['a package has another content', { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' } }],
    [
      'there is one package too many',
      { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' }, 'node_modules/left': { version: '1.0.0' } },
    ],
  ])('is another one when %s', (_, packages) => {
    expect(isSameInstallation(lock, { packages })).toBe(false)
  })
})

describe('a failed installation', () => {
  test('without a network says so', () => {
    expect(explain('npm error code ENOTFOUND\nnpm error network request failed')).toMatch(
      /^The dependencies could not be downloaded.*network\?/,
    )
  })

  test('without a compiler says what to install', () => {
    expect(explain('npm error gyp ERR! stack Error: not found: make')).toContain(
      'apt-get install build-essential python3',
    )
  })

  test('shows what npm said last, without its list of downloads', () => {
    const said = explain('npm http fetch GET 200 https://registry.example/a 12ms\nnpm error something else')
    expect(said).toBe('The dependencies could not be installed:\n  npm error something else')
  })
})
