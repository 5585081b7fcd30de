// `service.sh test`: which files a word chooses, and how a report is counted.
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { chooseTests, countTests } from '../../services/cli/test.ts'

const files = ['test/flows/connect.test.ts', 'test/unit/secrets.test.ts', 'test/unit/http.test.ts']

test.each([
  ['nothing', [], files],
  ['a folder', ['test/unit'], ['test/unit/secrets.test.ts', 'test/unit/http.test.ts']],
  ['a file', ['./test/unit/http.test.ts'], ['test/unit/http.test.ts']],
  ['a whole path', [resolve('test/unit/http.test.ts')], ['test/unit/http.test.ts']],
  ['two words', ['connect', 'secrets'], ['test/flows/connect.test.ts', 'test/unit/secrets.test.ts']],
])('%s chooses its files', (_, words, expected) => {
  expect(chooseTests(files, words)).toEqual(expected)
})

test('a mistyped file is answered with what comes near', () => {
  expect(() => chooseTests(files, ['connect', 'test/unit/secret-s.test.ts'])).toThrow(
    'No test file has "test/unit/secret-s.test.ts" in its path, but there is test/unit/secrets.test.ts',
  )
  expect(() => chooseTests(files, ['zzz'])).toThrow('No test file has "zzz" in its path')
})

test.each([
  ['all passed', { numPassedTests: 7, numFailedTests: 0 }, 0, { passed: 7, failed: 0 }],
  ['some failed', { numPassedTests: 5, numFailedTests: 2 }, 1, { passed: 5, failed: 2 }],
  ['a file did not load', { numPassedTests: 5, numFailedTests: 0 }, 1, { passed: 5, failed: 1 }],
  ['nothing was run', {}, 1, { passed: 0, failed: 1 }],
])('a report in which %s is counted', (_, report, exitCode, expected) => {
  expect(countTests(JSON.stringify(report), exitCode)).toMatchObject(expected)
})

test('a test that passed at the second try alone is named', () => {
  const assertionResults = [
    { fullName: 'steady', status: 'passed', failureMessages: [] },
    { fullName: 'unsteady', status: 'passed', failureMessages: ['too late'] },
    { fullName: 'broken', status: 'failed', failureMessages: ['wrong', 'wrong'] },
  ]
  const report = {
    numPassedTests: 2,
    numFailedTests: 1,
    testResults: [{ name: resolve('test/a.test.ts'), assertionResults }],
  }
  expect(countTests(JSON.stringify(report), 1)).toEqual({
    passed: 2,
    failed: 1,
    unsteady: ['test/a.test.ts: unsteady'],
  })
})
