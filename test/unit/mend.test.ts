// Which way out of an incident is offered, and that strangers cannot make it lead to a server of theirs.
import { describe, expect, test } from 'vitest'
import type { Options } from '../../src/contract.ts'
import { chooseMend } from '../../src/mend.ts'
import type { OutcomeCode } from '../../src/outcomes/catalogue.ts'

const right = 'https://right.example.com'
const wrong = 'https://wrong.example.com'

const options = (serviceUrl: string, others: 'follow' | 'refuse' = 'refuse'): Options => ({
  'bluesky_service-url': { saved: serviceUrl, effective: serviceUrl, source: 'saved', unsaved: 'https://bsky.social' },
  bluesky_integration_status: { saved: 'enabled', effective: 'enabled', source: 'saved' },
  bluesky_other_servers: { saved: null, effective: others, source: 'default', unsaved: others },
})
const home = 'https://home.example.com'
/** Somebody here has set it before. */
const trusted = new Set([home])
const change = { at: new Date(), actor: 'ada@example.com', option: 'bluesky_service-url', from: right, to: wrong }
const lives = (count: number, people: number) => ({
  sampled: 40,
  people: 40,
  actualServer: { value: home, count, people },
  step: null,
})
const incident = (parts: Partial<Parameters<typeof chooseMend>[0]> = {}) => ({
  server: wrong,
  code: 'wrong_server' as const,
  common: lives(40, 40),
  change: null,
  ...parts,
})

test('the change that led there is undone, whatever server the accounts name', () => {
  const mend = chooseMend(incident({ change }), options(wrong), trusted)
  expect(mend).toEqual({ kind: 'undo_change', option: 'bluesky_service-url', value: right })
})

test('nothing is undone that somebody has set anew since, or that explains nothing', () => {
  expect(chooseMend(incident({ change }), options(right), trusted).kind).not.toBe('undo_change')
  expect(chooseMend(incident({ change, code: 'bad_credentials' }), options(wrong), trusted).kind).toBe('none')
})

test('a change of the environment is undone by what is saved', () => {
  const unsaved = options(wrong)
  unsaved['bluesky_service-url'].saved = ''
  const mend = chooseMend(incident({ change: { ...change, actor: 'environment' } }), unsaved, trusted)
  expect(mend).toMatchObject({ kind: 'undo_change', value: right })
})

describe('the server that accounts name is proposed', () => {
  test('where nearly all that failed live there, of many people, and somebody here has set it before', () => {
    const mend = chooseMend(incident(), options(wrong), trusted)
    expect(mend).toEqual({ kind: 'use_server', option: 'bluesky_service-url', value: home })
  })
  test('never where nobody here has ever set it: whoever signs up often is many people', () => {
    expect(chooseMend(incident(), options(wrong), new Set()).kind).toBe('allow_other_servers')
  })
  test('never for accounts of a few people, however many they are', () => {
    expect(chooseMend(incident({ common: lives(40, 9) }), options(wrong), trusted).kind).toBe('allow_other_servers')
  })
  test('never where a part of them lives elsewhere', () => {
    expect(chooseMend(incident({ common: lives(35, 35) }), options(wrong), trusted).kind).toBe('allow_other_servers')
  })
})

test('who waits for a server is told so, and trying again is offered where it can help', () => {
  expect(chooseMend(incident({ code: 'pds_unreachable' }), options(wrong), trusted).kind).toBe('wait')
  expect(chooseMend(incident({ code: 'record_rejected' }), options(wrong), trusted).kind).toBe('try_again')
  const isBack = (code: OutcomeCode) => chooseMend(incident({ code }), options(wrong), trusted, true).kind
  expect(isBack('pds_unreachable')).toBe('try_again')
  // A server that named a time is not asked before it.
  expect(isBack('login_rate_limited')).toBe('wait')
  expect(chooseMend(incident({ code: 'not_a_pds' }), options(wrong), trusted).kind).toBe('check_settings')
})
