// What servers of other makers do in a way of their own: how their sessions end, are renewed and are proved, and by which names they know people.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endSession, refresh, signIn, type Session } from '../../src/bluesky/session.ts'
import { createHttp, type Http } from '../../src/http/client.ts'
import { diagnose } from '../../src/outcomes/catalogue.ts'
import type { Answer, Evidence } from '../../src/outcomes/evidence.ts'
import { checkOnce, connectOnce, serving } from '../helpers/connect-once.ts'
import type { KindName } from '../helpers/scripted-kinds.ts'
import type { Script, ScriptedServer } from '../helpers/scripted-server.ts'

const APP_PASSWORD = 'abcd-efgh-ijkl-mnop'
let http: Http
beforeAll(() => {
  http = createHttp({ allowPrivateNetwork: true, deadlineMs: 5_000, log: { warn: () => {} } })
})
afterAll(() => http.close())

const at = ({ origin }: ScriptedServer) => ({ http, serviceUrl: origin, signal: AbortSignal.timeout(20_000) })
const callsOf = ({ requests }: ScriptedServer) => requests.map(({ path }) => path.split(/[./]/).at(-1))

async function openSession(server: ScriptedServer, identifier = 'scripted.test'): Promise<Session> {
  const { session } = await signIn(at(server), identifier, APP_PASSWORD)
  if (!session) throw new Error('not signed in')
  server.requests.length = 0
  return session
}

async function check(server: ScriptedServer, session: Session) {
  const { origin } = server
  const { seen } = await checkOnce({
    ...at(server),
    channelId: 'channel',
    session,
    pdsUrl: origin,
    serviceUrl: origin,
  })
  return { seen, code: diagnose(seen) }
}

describe('the end of a session', () => {
  it.concurrent.each<[KindName, calls: number]>([
    ['reference', 1],
    ['rsky', 1],
    ['millipds', 1],
    ['ezpds', 1],
    ['tranquil', 2],
    ['cocoon', 2],
    ['bluepds', 2],
  ])('%s: is over after %i calls', async (kind, calls) => {
    await serving({ kind }, async (server) => {
      const session = await openSession(server)
      expect(server.openSessions()).toBe(1)
      expect(await endSession(at(server), session)).toMatchObject({ answer: { kind: 'ok' }, ended: true })
      expect(server.openSessions()).toBe(0)
      expect(callsOf(server)).toEqual(Array(calls).fill('deleteSession'))
    })
  })

  it.concurrent.each<KindName>(['tranquil', 'cocoon', 'bluepds'])(
    '%s: an access token that is over is renewed for it',
    async (kind) => {
      await serving({ kind }, async (server) => {
        const session = await openSession(server)
        server.set({ kind, situation: 'expiredSession' })
        expect(await endSession(at(server), session)).toMatchObject({ ended: true })
        expect(server.openSessions()).toBe(0)
        expect(callsOf(server)).toEqual(['deleteSession', 'deleteSession', 'refreshSession', 'deleteSession'])
      })
    },
  )

  it('Tranquil: once more, it is told that it could not be ended', async () => {
    await serving({ kind: 'tranquil' }, async (server) => {
      const session = await openSession(server)
      await endSession(at(server), session)
      server.set({ kind: 'tranquil', situation: 'revokedSession' })
      expect(await endSession(at(server), { ...session, accessJwt: 'another' })).toMatchObject({ ended: false })
    })
  })

  it('arroba, which has no such call: is not told to be over, and no other token is tried', async () => {
    await serving({ kind: 'arroba' }, async (server) => {
      const session = await openSession(server)
      const { answer, ended } = await endSession(at(server), session)
      expect(ended).toBe(false)
      expect(diagnose({ step: 'disconnect', serviceUrl: server.origin, call: 'deleteSession', answer, ended })).toBe(
        'session_not_ended',
      )
      expect(callsOf(server)).toEqual(['deleteSession'])
    })
  })

  it.concurrent.each([{ call: 'deleteSession', after: 1 }, { call: 'refreshSession' }])(
    'a fault on the way (%o) is one to try again after',
    async (rule) => {
      await serving({ kind: 'tranquil' }, async (server) => {
        const session = await openSession(server)
        server.set({ kind: 'tranquil', faults: [{ ...rule, fault: 'page 503' }] })
        const { answer, ended } = await endSession(at(server), { ...session, accessJwt: 'unknown' })
        expect(ended).toBe(false)
        const seen = { step: 'disconnect', serviceUrl: server.origin, call: 'deleteSession', answer, ended } as const
        expect(diagnose(seen)).toBe('pds_error')
      })
    },
  )
})

describe('a session that is not taken any more', () => {
  it.concurrent.each<[KindName, string]>([
    ['reference', 'connected'],
    ['tranquil', 'connected'],
    ['rsky', 'test_post_unsupported'],
    ['cirrus', 'password_kind_unknown'],
    ['cocoon', 'test_post_unsupported'],
    ['ezpds', 'connected'],
    ['arroba', 'test_post_unsupported'],
  ])('%s: is renewed once before anything is concluded', async (kind, code) => {
    await serving({ kind }, async (server) => {
      const session = await openSession(server)
      expect(await check(server, { ...session, accessJwt: 'h.e30.s' })).toMatchObject({ code })
      expect(callsOf(server).filter((call) => call === 'refreshSession')).toHaveLength(1)
    })
  })

  it('the state of an account is told at once: no other session would change it', async () => {
    await serving({}, async (server) => {
      const session = await openSession(server)
      server.set({ situation: 'takenDownWrite' })
      expect(await check(server, session)).toMatchObject({ code: 'account_taken_down' })
      expect(callsOf(server)).toEqual(['deleteRecord'])
    })
  })

  const long = new Date(Date.now() - 86_400_000)
  it.concurrent.each<[string, Script, string]>([
    ['reference, merely old', { refreshEndsAt: long }, 'session_expired'],
    ['reference, revoked', {}, 'session_revoked'],
    // It says the same of both.
    ['rsky, merely old', { kind: 'rsky', refreshEndsAt: long }, 'session_expired'],
    ['rsky, revoked', { kind: 'rsky' }, 'session_revoked'],
    ['ezpds, merely old', { kind: 'ezpds', refreshEndsAt: long }, 'session_expired'],
    // The main password, which is all that it has, is still the same.
    ['cocoon', { kind: 'cocoon' }, 'session_expired'],
    ['millipds', { kind: 'millipds' }, 'session_expired'],
  ])('%s: %s', async (_, script, code) => {
    await serving(script, async (server) => {
      const session = await openSession(server)
      server.set({ ...script, situation: 'revokedSession' })
      expect(await check(server, session)).toMatchObject({ code })
    })
  })

  it('without a time in its token the words of the server decide', async () => {
    const over = (message: string) => async () => Response.json({ error: 'ExpiredToken', message }, { status: 400 })
    const codeOf = async (message: string) => {
      const target = {
        http: { fetch: over(message) },
        serviceUrl: 'https://pds.example',
        signal: AbortSignal.timeout(5_000),
      }
      const session: Session = { accessJwt: 'a', refreshJwt: 'b', did: 'did:web:a.example' }
      const { answer } = await refresh(target, session)
      const { seen } = await checkOnce({
        ...target,
        channelId: 'channel',
        session,
        pdsUrl: target.serviceUrl,
        serviceUrl: target.serviceUrl,
      })
      expect(seen.answer).toEqual(answer)
      return diagnose(seen)
    }
    expect(await codeOf('Token has expired')).toBe('session_expired')
    expect(await codeOf('Token has been revoked')).toBe('session_revoked')
  })
})

describe('the scope of a session', () => {
  it.concurrent.each<[string, Script, string]>([
    ['reference', { situation: 'mainPassword' }, 'main_password_used'],
    [
      'rsky with a version of its own',
      { kind: 'rsky', version: '0.13.17', situation: 'mainPassword' },
      'main_password_used',
    ],
    ['one of Bluesky’s hosts', { version: 'git-0aec631', situation: 'mainPassword' }, 'main_password_used'],
    ['a version that is a commit of 40 hex digits', { kind: '40 hex digits' }, 'password_kind_unknown'],
    [
      'a kind that nobody has heard of',
      { version: 'newpds 1.0', scope: 'com.atproto.access' },
      'password_kind_unknown',
    ],
    ['a server that does not say what it is', { version: null, scope: 'com.atproto.access' }, 'password_kind_unknown'],
  ])('%s', async (_, script, code) => {
    await serving(script, async (server) => {
      expect((await connectOnce({ http, serviceUrl: server.origin })).code).toBe(code)
    })
  })

  it('of an app password asks no server what it is before the proof', async () => {
    await serving({}, async (server) => {
      await connectOnce({ http, serviceUrl: server.origin })
      expect(callsOf(server)).toEqual(['createSession', 'deleteRecord', '_health', 'createRecord'])
    })
  })
})

describe('a server that is not asked to write', () => {
  it.concurrent.each<KindName>(['cocoon', 'picopds', 'millipds', 'pegasus', 'cirrus', 'arroba', '40 hex digits'])(
    '%s: is only looked at, so that no check leaves a commit',
    async (kind) => {
      await serving({ kind }, async (server) => {
        const session = await openSession(server)
        const { seen } = await check(server, session)
        expect(seen).toMatchObject({ testPost: 'not_tried' })
        expect(callsOf(server)).toEqual(['_health', 'getSession', 'getRepoStatus'])
      })
    },
  )

  it('is asked once what it is, also where the session has to be renewed', async () => {
    await serving({ kind: 'cocoon' }, async (server) => {
      const session = await openSession(server)
      server.set({ kind: 'cocoon', situation: 'expiredSession' })
      await check(server, session)
      expect(callsOf(server)).toEqual(['_health', 'getSession', 'refreshSession', 'getSession', 'getRepoStatus'])
    })
  })

  it('is asked to remove a test post that is still there', async () => {
    await serving({ kind: 'cocoon' }, async (server) => {
      const session = await openSession(server)
      const { origin } = server
      const proof = { ...at(server), channelId: 'channel', session, pdsUrl: origin, serviceUrl: origin }
      await checkOnce({ ...proof, left: true })
      expect(callsOf(server)).toEqual(['deleteRecord', '_health'])
    })
  })

  it.concurrent.each<KindName>(['openfederation', 'arroba', 'millipds'])(
    '%s: a removal of nothing that it answers with an error proves it as well',
    async (kind) => {
      await serving({ kind }, async (server) => {
        const session = await openSession(server)
        const { origin } = server
        const proof = { ...at(server), channelId: 'channel', session, pdsUrl: origin, serviceUrl: origin, left: true }
        const { seen } = await checkOnce({ ...proof })
        expect(seen).toMatchObject({ testPost: 'not_tried', call: 'deleteRecord' })
      })
    },
  )
})

describe('openfederation, which knows neither full handle nor DID', () => {
  it('is told the local name', async () => {
    await serving({ kind: 'openfederation' }, async (server) => {
      const { session } = await signIn(at(server), 'scripted.test', APP_PASSWORD)
      expect(session).toBeDefined()
      expect(callsOf(server)).toEqual(['createSession', 'describeServer', 'createSession'])
    })
  })

  it('is not told the first part of a handle that is not its own', async () => {
    await serving({ kind: 'openfederation' }, async (server) => {
      const { answer } = await signIn(at(server), 'scripted.example', APP_PASSWORD)
      expect(answer).toMatchObject({ kind: 'error', status: 401 })
      expect(callsOf(server)).toEqual(['createSession', 'describeServer'])
    })
  })

  it('no other server is asked twice', async () => {
    await serving({ situation: 'wrongPassword' }, async (server) => {
      await signIn(at(server), 'scripted.test', APP_PASSWORD)
      expect(callsOf(server)).toEqual(['createSession'])
    })
  })
})

describe('the name of an error at the head of its message', () => {
  const write = (message: string, error = 'InvalidRequest', identity?: Evidence['identity']) => {
    const answer: Answer = { kind: 'error', status: 400, error, message, xrpc: true, limit: null }
    const seen: Evidence = { step: 'verify', serviceUrl: 'https://pds.example', call: 'deleteRecord', answer }
    return diagnose(identity ? { ...seen, identity } : seen)
  }

  it.each([
    ['AccountTakedown: `Account has been taken down`', 'account_taken_down'],
    ['`AccountTakedown`: Account has been taken down', 'account_taken_down'],
    ['AccountDeactivated: Account is switched off', 'account_deactivated'],
    ['AccountNotFound: `no such one`', 'account_deleted'],
    ["BadJwt: `Signature tag didn't verify`", 'token_rejected'],
    ['BadJwt: `Bad token scope`', 'scope_missing'],
    ['Something: else', 'unknown'],
    ['we saw AccountTakedown: today', 'unknown'],
  ])('%s: %s', (message, code) => {
    expect(write(message)).toBe(code)
  })

  it('a look at the account knows better', () => {
    const here = { did: 'did:web:a.example', repoHere: 'takendown' as const }
    expect(write('AccountDeactivated: Account is switched off', 'InvalidRequest', here)).toBe('account_taken_down')
  })
})
