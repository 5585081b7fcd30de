// What is found out about the machine: its Debian mirrors, the age of its Go.
import { expect, test } from 'vitest'
import { mirrorsOf } from '../../services/bring/debian.ts'
import { isNewEnough } from '../../services/stores/ferretdb.ts'

test('the mirrors are those of Debian itself, each once, without the security updates', () => {
  const targets = [
    'http://mirror.example/debian/ main',
    'http://mirror.example/debian/ main',
    'http://mirror.example/debian-security/ main',
    'https://other.example/debian main',
    'http://mirror.example/debian/ contrib',
    'https://packages.example/apt main',
    '',
  ]
  expect(mirrorsOf(targets.join('\n'))).toEqual(['http://mirror.example/debian/', 'https://other.example/debian'])
})

test.each([
  ['go1.25.0', true],
  ['go1.26.8\n', true],
  ['go2.0', true],
  ['go1.24.9', false],
  ['go1.9', false],
  ['', false],
])('%j is new enough: %s', (version, expected) => {
  expect(isNewEnough(version)).toBe(expected)
})
