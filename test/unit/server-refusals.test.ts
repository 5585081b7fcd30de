// What a refusal comes to once the identity was looked into, and what a limit comes to, kind of server by kind of server.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Identity } from '../../src/outcomes/evidence.ts'
import { createHttp, type Http } from '../../src/http/client.ts'
import { comesTo, connectOnce, expected, serving, type Expected } from '../helpers/connect-once.ts'
import type { KindName } from '../helpers/scripted-kinds.ts'
import type { Situation } from '../helpers/scripted-replies.ts'
import type { Script } from '../helpers/scripted-server.ts'

let http: Http
beforeAll(() => {
  http = createHttp({ allowPrivateNetwork: true, deadlineMs: 5_000, log: { warn: () => {} } })
})
afterAll(() => http.close())

/** The same refusals once it is known where the account lives and in which state. */
const here = { did: 'did:plc:scripted2222222222222222', handleConfirmed: true }
const looked: [KindName, Situation, string, Identity, Expected][] = [
  ['reference', 'wrongPassword', 'active here', { ...here, repoHere: 'active' }, 'bad_credentials'],
  ['reference', 'wrongPassword', 'nothing found out', { unavailable: true }, 'identity_lookup_unavailable'],
  [
    'reference',
    'wrongPassword',
    'active here, directory out of reach',
    { ...here, repoHere: 'active', unavailable: true },
    'bad_credentials',
  ],
  ['reference', 'takenDown', 'taken down here', { ...here, repoHere: 'takendown' }, 'account_taken_down'],
  ['reference', 'suspended', 'suspended here', { ...here, repoHere: 'suspended' }, 'account_suspended'],
  ['reference', 'wrongPassword', 'deactivated here', { ...here, repoHere: 'deactivated' }, 'account_deactivated'],
  ['reference', 'wrongPassword', 'deleted', { ...here, repoHere: 'deleted' }, 'account_not_here'],
  [
    'reference',
    'wrongPassword',
    'lives elsewhere',
    { ...here, pdsUrl: 'https://pds.example', repoHere: 'not_found' },
    'wrong_server',
  ],
  [
    'reference',
    'wrongPassword',
    'moved away',
    { ...here, pdsUrl: 'https://pds.example', repoHere: 'deactivated' },
    'wrong_server',
  ],
  [
    'reference',
    'wrongPassword',
    'moved away and taken down there',
    { ...here, pdsUrl: 'https://pds.example', repoHere: 'deactivated', repoThere: 'takendown' },
    'account_taken_down',
  ],
  [
    'reference',
    'wrongPassword',
    'known there by another address',
    { ...here, pdsUrl: 'https://pds.example', sameServer: true, repoHere: 'active' },
    'bad_credentials',
  ],
  [
    'reference',
    'healthy',
    'known there by another address',
    { ...here, pdsUrl: 'https://pds.example', sameServer: true },
    'connected',
  ],
  ['tranquil', 'moved', 'moved away', { ...here, pdsUrl: 'https://pds.example' }, 'wrong_server'],
  ['tranquil', 'moved', 'nothing found out', { unavailable: true }, 'account_moved'],
  ['reference', 'healthy', 'moved away', { ...here, pdsUrl: 'https://pds.example' }, 'account_moved'],
  [
    'reference',
    'healthy',
    'behind this entryway',
    { ...here, pdsUrl: 'https://pds.example', servedByEntryway: true },
    'connected',
  ],
  [
    'reference',
    'wrongPassword',
    'behind this entryway',
    { ...here, pdsUrl: 'https://pds.example', servedByEntryway: true },
    'bad_credentials',
  ],
  ['reference', 'wrongPassword', 'no such handle', { did: null }, 'handle_not_found'],
  [
    'reference',
    'wrongPassword',
    'the handle is not named in return',
    { ...here, handleConfirmed: false },
    'handle_mismatch',
  ],
  ['reference', 'wrongPassword', 'no document', { ...here, didGone: true }, 'did_unresolvable'],
  ['reference', 'wrongPassword', 'no server in the document', { ...here, pdsUrl: null }, 'did_unresolvable'],
  [
    'reference',
    'healthy',
    'the handle is another account',
    { did: 'did:plc:another22222222222222222' },
    'wrong_account',
  ],
  [
    'cocoon',
    'wrongPassword',
    'active here',
    { ...here, repoHere: 'active', version: 'cocoon v0.4.0' },
    'app_passwords_unsupported',
  ],
  [
    'cocoon',
    'wrongPassword',
    'lives elsewhere',
    { ...here, pdsUrl: 'https://pds.example', repoHere: 'not_found' },
    'wrong_server',
  ],
  [
    'millipds',
    'wrongPassword',
    'active here',
    { ...here, repoHere: 'active', version: 'millipds v0.0.3' },
    'app_passwords_unsupported',
  ],
  ['millipds', 'accountNotFound', 'lives elsewhere', { ...here, pdsUrl: 'https://pds.example' }, 'wrong_server'],
  ['blue-nile', 'suspended', 'suspended here', { ...here, repoHere: 'suspended' }, 'account_suspended'],
  [
    'ezpds',
    'wrongPassword',
    'lives elsewhere',
    { ...here, pdsUrl: 'https://pds.example', repoHere: 'not_found' },
    'wrong_server',
  ],
  [
    'tranquil',
    'wrongPassword',
    'lives elsewhere',
    { ...here, pdsUrl: 'https://pds.example', repoHere: 'not_found' },
    'wrong_server',
  ],
  [
    'rsky',
    'wrongPassword',
    'lives elsewhere',
    { ...here, pdsUrl: 'https://pds.example', repoHere: 'not_found' },
    'wrong_server',
  ],
  [
    'pegasus',
    'wrongPassword',
    'lives elsewhere',
    { ...here, pdsUrl: 'https://pds.example', repoHere: 'not_found' },
    'wrong_server',
  ],
  // A fault that may be a refusal.
  ['rsky', 'wrongRepo', 'deactivated here', { ...here, repoHere: 'deactivated' }, 'account_deactivated'],
  ['rsky', 'wrongRepo', 'taken down here', { ...here, repoHere: 'takendown' }, 'account_taken_down'],
  ['rsky', 'wrongRepo', 'suspended here', { ...here, repoHere: 'suspended' }, 'account_suspended'],
  ['rsky', 'wrongRepo', 'moved away', { ...here, pdsUrl: 'https://pds.example' }, 'account_moved'],
  ['rsky', 'wrongRepo', 'active here', { ...here, repoHere: 'active' }, 'pds_error'],
  ['rsky', 'wrongRepo', 'nothing found out', { unavailable: true }, 'pds_error'],
  ['rsky', 'wrongRepo', 'not here', { ...here, repoThere: 'not_found' }, 'account_deleted'],
  // "deactivated" stands for both.
  ['ezpds', 'takenDownWrite', 'taken down here', { ...here, repoHere: 'takendown' }, 'account_taken_down'],
  ['ezpds', 'takenDownWrite', 'suspended here', { ...here, repoHere: 'suspended' }, 'account_suspended'],
  ['ezpds', 'deactivatedWrite', 'deleted', { ...here, repoHere: 'deleted' }, 'account_deleted'],
  ['ezpds', 'deactivatedWrite', 'deactivated here', { ...here, repoHere: 'deactivated' }, 'account_deactivated'],
  ['ezpds', 'deactivated', 'deactivated here', { ...here, repoHere: 'deactivated' }, 'account_deactivated'],
  ['reference', 'revokedSession', 'active here', { ...here, repoHere: 'active' }, 'session_revoked'],
  ['reference', 'revokedSession', 'taken down here', { ...here, repoHere: 'takendown' }, 'account_taken_down'],
  ['reference', 'revokedSession', 'suspended here', { ...here, repoHere: 'suspended' }, 'account_suspended'],
  ['reference', 'revokedSession', 'deleted', { ...here, repoHere: 'deleted' }, 'account_deleted'],
  ['tranquil', 'revokedSession', 'deleted', { ...here, repoThere: 'not_found' }, 'account_deleted'],
  ['reference', 'revokedSession', 'moved away', { ...here, pdsUrl: 'https://pds.example' }, 'account_moved'],
  [
    'reference',
    'revokedSession',
    'behind an entryway that does not answer',
    { ...here, pdsUrl: 'https://pds.example', entrywayUnknown: true },
    'session_revoked',
  ],
  ['cocoon', 'secondFactor', 'active here', { ...here, version: 'cocoon v0.4.0' }, 'app_passwords_unsupported'],
  [
    'pegasus',
    'wrongPassword',
    'active here',
    { ...here, repoHere: 'active', version: 'c0ffee7c18e8e0c0ffee7c18e8e0c0ffee7c18e8' },
    'bad_credentials',
  ],
  ['millipds', 'accountNotFound', 'no such handle', { did: null }, 'handle_not_found'],
  ['millipds', 'accountNotFound', 'not here', { ...here, repoHere: 'not_found' }, 'account_not_here'],
  [
    'millipds',
    'accountNotFound',
    'active here',
    { ...here, repoHere: 'active', version: 'millipds v0.0.6' },
    'app_passwords_unsupported',
  ],
  ['arroba', 'accountNotFound', 'no such handle', { did: null }, 'handle_not_found'],
  ['bluepds', 'healthy', 'deactivated here', { ...here, repoHere: 'deactivated' }, 'account_deactivated'],
  ['bluepds', 'healthy', 'active here', { ...here, repoHere: 'active' }, 'pds_error'],
  ['arroba', 'accountNotFound', 'lives elsewhere', { ...here, pdsUrl: 'https://pds.example' }, 'wrong_server'],
]

describe('a refusal, looked into, comes to', () => {
  it.concurrent.each(looked)('%s, %s, %s: %s', async (kind, situation, _, identity, code) => {
    await serving({ kind, situation }, async (server) => {
      expect(comesTo(await connectOnce({ http, serviceUrl: server.origin, identity }))).toEqual(expected(code))
    })
  })
})

const minuteMs = 60_000
const inMinutes = (minutes: number) => String(Math.round(Date.now() / 1000) + minutes * 60)
const limits: [string, Script | (() => Script), Expected, number][] = [
  ['sign-in, no headers', { kind: 'tranquil' }, 'ip_rate_limited', 5 * minuteMs],
  ['sign-in, Retry-After alone', { kind: '40 hex digits' }, 'ip_rate_limited', 5 * minuteMs],
  ['sign-in, Retry-After', { limit: { 'retry-after': '90' } }, 'login_rate_limited', 90_000],
  [
    'sign-in, Retry-After as a date',
    () => ({ limit: { 'retry-after': new Date(Date.now() + 20 * minuteMs).toUTCString() } }),
    'login_rate_limited',
    20 * minuteMs,
  ],
  [
    'sign-in, RateLimit-Reset',
    () => ({ limit: { 'ratelimit-reset': inMinutes(7), 'ratelimit-policy': '30;w=300' } }),
    'login_rate_limited',
    7 * minuteMs,
  ],
  ['sign-in, policy alone', { limit: { 'ratelimit-policy': '300;w=86400' } }, 'login_rate_limited', 360 * minuteMs],
  [
    'sign-in, the later of two times',
    () => ({ limit: { 'ratelimit-reset': inMinutes(3), 'retry-after': '600' } }),
    'login_rate_limited',
    10 * minuteMs,
  ],
  [
    'sign-in, absurd times',
    { limit: { 'retry-after': '99999999999', 'ratelimit-reset': '1' } },
    'login_rate_limited',
    1_000,
  ],
  [
    'sign-in, times that are none',
    { limit: { 'retry-after': 'soon', 'ratelimit-reset': '-3' } },
    'login_rate_limited',
    5 * minuteMs,
  ],
  [
    'sign-in, a time that is past',
    () => ({ limit: { 'ratelimit-reset': inMinutes(-9) } }),
    'login_rate_limited',
    5 * minuteMs,
  ],
  [
    'sign-in, from one address',
    () => ({ limit: { 'ratelimit-policy': '3000;w=300', 'ratelimit-reset': inMinutes(2) } }),
    'ip_rate_limited',
    2 * minuteMs,
  ],
  ['locked account of openfederation', { kind: 'openfederation' }, 'login_rate_limited', 5 * minuteMs],
  ['blue-nile', { kind: 'blue-nile' }, 'ip_rate_limited', minuteMs],
  ['writing, no headers', { situation: 'writeLimited' }, 'write_rate_limited', 5 * minuteMs],
  [
    'writing, an hour',
    { situation: 'writeLimited', limit: { 'ratelimit-policy': '5000;w=3600' } },
    'write_rate_limited',
    60 * minuteMs,
  ],
  [
    'writing, until a time',
    () => ({
      situation: 'writeLimited',
      limit: { 'ratelimit-policy': '35000;w=86400', 'ratelimit-reset': inMinutes(30) },
    }),
    'write_rate_limited',
    30 * minuteMs,
  ],
  [
    'writing, from one address',
    { situation: 'writeLimited', limit: { 'ratelimit-policy': '3000;w=300' } },
    'ip_rate_limited',
    5 * minuteMs,
  ],
]

describe('a limit comes to', () => {
  it.concurrent.each(limits)('%s', async (_, script, code, waitMs) => {
    const given = typeof script === 'function' ? script() : script
    await serving({ situation: 'rateLimited', ...given }, async (server) => {
      expect(comesTo(await connectOnce({ http, serviceUrl: server.origin }))).toEqual(expected(code, waitMs))
    })
  })
})
