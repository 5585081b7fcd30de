// The arguments of service.sh: what is understood, and what is refused with a sentence.
import { expect, test } from 'vitest'
import { parseCounts, parseProgramName, parseRestart } from '../../services/cli/arguments.ts'

test('restart means all when no name, or "all", is given', () => {
  expect(parseRestart([])).toEqual(['api', 'connect', 'verify', 'check'])
  expect(parseRestart(['api', 'all'])).toEqual(['api', 'connect', 'verify', 'check'])
  expect(parseRestart(['verify', 'api'])).toEqual(['api', 'verify'])
})

test('scale takes several counts at once', () => {
  expect(parseCounts(['connect=3', 'verify=2'])).toEqual(
    new Map([
      ['connect', 3],
      ['verify', 2],
    ]),
  )
})

test.each([
  [() => parseRestart(['mongo']), '"restart" takes api, connect, verify, check or all, but was given "mongo"'],
  [() => parseCounts([]), '"scale" wants to know what and how many, such as connect=3'],
  [() => parseCounts(['connect']), '"scale" takes api=N, connect=N, verify=N, check=N, but was given "connect"'],
  [() => parseCounts(['connect=0']), 'There can be 1 to 32 processes of connect, not 0'],
  [() => parseCounts(['connect=1e1']), 'connect must be a whole number, not "1e1"'],
  [() => parseProgramName(['../etc']), 'There is no process "../etc", only mongo, redis, pds, api, connect, verify'],
])('nonsense is refused: %#', (parse, message) => {
  expect(parse).toThrow(message)
})
