// What counts as a second document with the same unique key, and what does not.
import { expect, test } from 'vitest'
import { isDuplicateKey } from '../../src/db/duplicate-key.ts'

test.for([
  [{ code: 11000 }, true],
  [new Error('conflicting key value violates exclusion constraint "documents_1_rum"'), true],
  [new Error('the database is away'), false],
  [{ code: 121, message: 'Document failed validation' }, false],
  [{ code: 11001 }, false],
  [{ message: 11000 }, false],
  ['violates exclusion constraint', false],
  [null, false],
] as const)('%j: %s', ([error, expected]) => {
  expect(isDuplicateKey(error)).toBe(expected)
})
