// The locked dependencies: when an installation is what the lock file asks for, and what a failed one means.
import { readFileSync } from 'node:fs'
import path from 'node:path'
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
      isSameInstallation(lock, { packages: { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } } }, 'all'),
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
    expect(isSameInstallation(lock, { packages }, 'all')).toBe(false)
  })
})

describe('what a program needs to run', () => {
  const locked = {
    packages: {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/pm2': { version: '7.0.0', dev: true },
      'node_modules/vite': { version: '8.0.0', dev: true },
    },
  }
  const { 'node_modules/vite': _, ...enough } = locked.packages

  test('is installed without what only builds and tests it', () => {
    expect(isSameInstallation(locked, { packages: enough }, 'run')).toBe(true)
    expect(isSameInstallation(locked, { packages: enough }, 'all')).toBe(false)
    expect(isSameInstallation(locked, locked, 'run')).toBe(true)
  })

  test('is not installed without its supervisor', () => {
    expect(isSameInstallation(locked, { packages: { 'node_modules/a': { version: '1.0.0' } } }, 'run')).toBe(false)
  })

  test('is all that start, stop, restart and status import', () => {
    const root = path.resolve(import.meta.dirname, '../..')
    const { dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    const seen = new Set<string>()
    const packages = new Set<string>()
    const follow = (file: string) => {
      if (seen.has(file)) return
      seen.add(file)
      const text = readFileSync(file, 'utf8')
      for (const [, what = ''] of text.matchAll(/^(?:import|export|\}) (?!type )[^\n]*?from '([^']+)'/gm)) {
        if (what.startsWith('.')) follow(path.resolve(path.dirname(file), what))
        else if (!what.startsWith('node:'))
          packages.add(
            what
              .split('/')
              .slice(0, what.startsWith('@') ? 2 : 1)
              .join('/'),
          )
      }
    }
    for (const name of ['start', 'stop', 'restart', 'status', 'beforehand'])
      follow(path.join(root, `services/cli/${name}.ts`))
    expect(packages).toContain('zod')
    expect([...packages].filter((name) => !(name in dependencies))).toEqual([])
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
