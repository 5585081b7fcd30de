// The states of the notice of an incident: each way out, under way, waiting, back, over.
import type { Incident } from '../../src/contract.ts'
import type { FakeApi } from './fake-api.ts'
import type { State } from './people-states.ts'
import * as samples from './samples.ts'

const listPath = '/admin/connections'
const settingsPath = '/admin/api-integration/bluesky'
const server = 'https://bsky.social'
const wrong = samples.sampleIncident().server

type Answers = NonNullable<FakeApi['override']>

const open = (...incidents: Incident[]): Answers => ({
  '/api/admin/incidents/open': (route) => route.fulfill({ json: { incidents, ended: null } }),
})
const shown = (incident: Partial<Incident>, shows: string | RegExp, more: Partial<State> = {}): State => ({
  role: 'admin',
  path: listPath,
  override: open(samples.sampleIncident(incident)),
  shows,
  ...more,
})

const { common } = samples.sampleIncident()
const said = (kind: 'wait' | 'check_settings' | 'try_again' | 'none', retried = 0): Incident['mend'] => ({
  kind,
  option: null,
  value: null,
  retried,
})
const course = (parts: Partial<NonNullable<Incident['course']>>): Incident['course'] => ({
  actor: 'grace@example.com',
  at: samples.ago(2),
  retried: 117,
  connected: 80,
  failed: 4,
  toGo: 33,
  waiting: 0,
  nextTryAt: null,
  ...parts,
})

/** A server that keeps silent, and nobody here has anything to do with it. */
const down: Partial<Incident> = {
  code: 'pds_unreachable',
  server,
  change: null,
  common: {
    ...common,
    actualServer: null,
    answer: { status: null, error: null, count: 47, sampled: 50 },
  },
  mend: said('wait'),
  look: samples.look('silent', server, { lookedAt: samples.ago(3) }),
  comeback: { breakers: 2, triedAt: samples.ago(-4), waiting: 13, nextTryAt: samples.ago(-4), back: false },
}

const ended = (incident: Partial<Incident>): Answers => {
  const over = samples.sampleIncident({ closedAt: samples.ago(2), mend: null, ...incident })
  return {
    '/api/admin/incidents/open': (route) => route.fulfill({ json: { incidents: [], ended: over } }),
    '/api/admin/incidents': (route) => route.fulfill({ json: { incidents: [over], nextCursor: null } }),
  }
}

export const incidentStates: Record<string, State> = {
  'incident-undo': shown({}, 'Undo the change'),
  'incident-undo-german': shown({}, 'Änderung zurücknehmen', { language: 'de-DE' }),
  'incident-undo-settings': shown({}, 'Connects fail since this was changed.', {
    path: settingsPath,
    override: {
      ...open(samples.sampleIncident()),
      '/api/admin/api-integration/bluesky': (route) =>
        route.fulfill({ json: samples.options(wrong, samples.look('answers', wrong)) }),
    },
  }),
  'incident-use-server': shown(
    { change: null, mend: { kind: 'use_server', option: 'bluesky_service-url', value: server, retried: 112 } },
    'Use bsky.social',
  ),
  'incident-allow': shown(
    {
      change: null,
      mend: { kind: 'allow_other_servers', option: 'bluesky_other_servers', value: 'follow', retried: 1 },
    },
    'Follow accounts',
  ),
  'incident-wait': shown(down, /2 worker processes have put it aside/),
  'incident-wait-german': shown(down, /2 Worker-Prozesse haben ihn/, { language: 'de-DE' }),
  'incident-wait-settings': shown(down, /13 wait for the server/, { path: settingsPath }),
  'incident-back': shown(
    {
      ...down,
      mend: said('try_again', 13),
      look: samples.look('answers', server),
      comeback: { breakers: 0, triedAt: null, waiting: 13, nextTryAt: samples.ago(-40), back: true },
    },
    'Try 13 again',
  ),
  'incident-try-again': shown(
    {
      code: 'record_rejected',
      server,
      change: { at: samples.ago(80), actor: '', option: '', from: '', to: '' },
      common: { ...common, actualServer: null, step: { value: 'verify', count: 117 } },
      mend: said('try_again', 96),
    },
    'Try 96 again',
  ),
  'incident-check-settings': shown(
    {
      code: 'not_a_pds',
      change: null,
      common: { ...common, actualServer: null, answer: { status: 404, error: null, count: 50, sampled: 50 } },
      mend: said('check_settings'),
    },
    /Nothing tells which address/,
  ),
  'incident-nobody-here': shown(
    { code: 'bad_credentials', server, change: null, common: { ...common, actualServer: null }, mend: said('none') },
    /Nobody here can mend that/,
  ),
  'incident-nobody-here-german': shown(
    { code: 'bad_credentials', server, change: null, common: { ...common, actualServer: null }, mend: said('none') },
    /Hier kann das niemand beheben/,
    { language: 'de-DE' },
  ),
  'incident-running': shown({ course: course({}) }, /80 of 117 connected, 33 to go/),
  'incident-running-german': shown({ course: course({}) }, /80 von 117 verbunden/, { language: 'de-DE' }),
  'incident-some-wait': shown(
    {
      ...down,
      course: course({ retried: 41, connected: 28, failed: 0, toGo: 13, waiting: 13, nextTryAt: samples.ago(-4) }),
    },
    /13 wait for the server; next try at/,
  ),
  'incident-some-wait-german': shown(
    {
      ...down,
      course: course({ retried: 41, connected: 28, failed: 0, toGo: 13, waiting: 13, nextTryAt: samples.ago(-4) }),
    },
    /13 warten auf den Server; nächster Versuch um/,
    { language: 'de-DE' },
  ),
  'incident-ended': {
    role: 'admin',
    path: listPath,
    summary: samples.summary(false),
    override: ended({ course: course({ connected: 113, toGo: 0 }) }),
    shows: /^Over: The account lives/,
  },
  'incident-ended-german': {
    role: 'admin',
    path: listPath,
    summary: samples.summary(false),
    language: 'de-DE',
    override: ended(down),
    shows: /^Vorbei: /,
  },
  'incident-two': {
    role: 'admin',
    path: listPath,
    override: open(samples.sampleIncident(), samples.sampleIncident({ ...down, id: 'f'.repeat(24) })),
    shows: /13 wait for the server/,
  },
}
