// Every advice, walked: whoever does what an outcome says comes to another outcome, and in the end to a connected account.
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import * as accounts from '../../services/demo/accounts.ts'
import { outcomeCodes, outcomes, type OutcomeCode } from '../../src/outcomes/catalogue.ts'
import { startAnsweringServer, startServer, type OddServer } from '../helpers/odd-servers.ts'
import {
  activate,
  createAccount,
  createAppPassword,
  deactivate,
  deleteAccount,
  handleChange,
  migrateAccount,
  moveAccount,
  restore,
  takeDown,
} from '../helpers/pds.ts'
import { startScriptedServer, type Script, type ScriptedServer } from '../helpers/scripted-server.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const pds = inject('pds')
const WRONG = 'aaaa-bbbb-cccc-dddd'
const LATER = { timeout: 120_000 }

let system: System
let user: Client
let admin: Client
/** Answers for the handles that a walk points at accounts, and asks the PDS about all others. */
let resolver: OddServer
const pointed = new Map<string, string>()
/** A server that says what a walk wants it to say. */
let scripted: ScriptedServer
/** Answers, but is none. */
let page: OddServer

beforeAll(async () => {
  resolver = await startServer((request, response) => {
    const { pathname, search, searchParams } = new URL(request.url ?? '', 'http://localhost')
    const did = pointed.get(searchParams.get('handle') ?? '')
    const answer = did ? Promise.resolve(Response.json({ did })) : fetch(`${pds.handleResolverUrl}${pathname}${search}`)
    void answer.then(async (told) =>
      response.writeHead(told.status, { 'content-type': 'application/json' }).end(await told.text()),
    )
  })
  scripted = await startScriptedServer()
  page = await startAnsweringServer({ status: 404, json: 'Nothing here' })
  system = await createSystem({ env: { HANDLE_RESOLVER_URL: resolver.origin, RETRY_DELAYS_SECONDS: '3600' } })
})
afterAll(async () => {
  await system.stop()
  for (const server of [resolver, scripted, page]) await server.close()
})
beforeEach(async () => {
  user = await system.user()
  admin = await system.admin()
  await save({})
})

const save = (body: Record<string, string>) => admin.request('PUT', '/api/admin/api-integration/bluesky', { body })
const rightServer = () => save({ 'bluesky_service-url': pds.pdsUrl })
const follow = () => save({ bluesky_other_servers: 'follow' })

/** The channel as it is when its step is over. */
const ended = (id: string) =>
  system.until(user, id, ({ status, outcome }) => outcome !== null && status !== 'connecting' && status !== 'verifying')
const connect = async (identifier: string, appPassword: string) =>
  (await ended((await user.connect(identifier, appPassword)).id)).id
const reconnect = (id: string, appPassword: string) =>
  user.request('POST', `/api/channels/${id}/reconnect`, { body: { appPassword } })
const verify = (id: string) => user.request('POST', `/api/channels/${id}/verify`)

/** What is done on the advice. @returns the id of the channel that it leads to, where that is another */
type Follow = (id: string) => Promise<unknown>
interface Walk {
  code: OutcomeCode
  where?: string
  /** gets a channel there. @returns it, and what its outcome says to do */
  begin: () => Promise<{ id: string; follow: Follow }>
  leadsTo: OutcomeCode
}

/** Connects an account that a real server then does something to; undone, it is connected again. */
const switchedOff = (off: typeof deactivate, on: typeof activate) => async () => {
  const account = await createAccount(pds)
  const appPassword = await createAppPassword(account)
  await off(account)
  return {
    id: await connect(account.did, appPassword),
    follow: async (id: string) => {
      await on(account)
      await reconnect(id, appPassword)
    },
  }
}

/** An account of the scripted server, whose owner puts right what it says, and reconnects. */
const said =
  (before: Script, after: Script = before.kind ? { kind: before.kind } : {}) =>
  async () => {
    await save({ 'bluesky_service-url': scripted.origin })
    scripted.set(before)
    return {
      id: await connect('scripted.test', WRONG),
      follow: async (id: string) => {
        scripted.set(after)
        await reconnect(id, WRONG)
      },
    }
  }

/** An account whose record names something else than a server of its own, until that is put right. */
const named = (server: string) => async () => {
  await follow()
  const account = await createAccount(pds)
  const appPassword = await createAppPassword(account)
  await moveAccount(pds, account, server)
  return {
    id: await connect(account.handle, appPassword),
    follow: async (id: string) => {
      await moveAccount(pds, account, pds.pdsUrl)
      await reconnect(id, appPassword)
    },
  }
}

/** A Service URL that is not one, until the admin puts it right. */
const misled = (serviceUrl: () => string) => async () => {
  await save({ 'bluesky_service-url': serviceUrl() })
  const account = await createAccount(pds)
  return { id: await connect(account.handle, await createAppPassword(account)), follow: rightServer }
}

const elsewhere = (wayOut: Follow) => async () => {
  const account = await createAccount(pds, { on: 'otherPdsUrl' })
  return { id: await connect(account.handle, await createAppPassword(account)), follow: wayOut }
}

/** An account that its owner takes to the other server after it was connected. */
const moved = (followed: boolean) => async () => {
  if (followed) await follow()
  const account = await createAccount(pds)
  const id = await connect(account.handle, await createAppPassword(account))
  const there = await migrateAccount(pds, account)
  await verify(id)
  return { id, follow: async () => reconnect(id, await createAppPassword(there)) }
}

const YESTERDAY = new Date(Date.now() - 24 * 3600_000)
const sessionLost = (script: Script) => async () => {
  await save({ 'bluesky_service-url': scripted.origin })
  scripted.set(script)
  const id = await connect('scripted.test', WRONG)
  scripted.set({ ...script, situation: 'revokedSession' })
  await verify(id)
  return {
    id,
    follow: async () => {
      scripted.set({})
      await reconnect(id, WRONG)
    },
  }
}

const walks: Walk[] = [
  {
    code: 'bad_credentials',
    begin: async () => {
      const account = await createAccount(pds)
      return {
        id: await connect(account.handle, WRONG),
        follow: async (id) => reconnect(id, await createAppPassword(account)),
      }
    },
    leadsTo: 'connected',
  },
  { code: 'account_moved', where: 'others are refused', begin: moved(false), leadsTo: 'wrong_server' },
  { code: 'account_moved', where: 'others are followed', begin: moved(true), leadsTo: 'connected' },
  { code: 'wrong_server', where: 'others are followed', begin: elsewhere(follow), leadsTo: 'connected' },
  {
    code: 'wrong_server',
    where: 'the Service URL is changed',
    begin: elsewhere(() => save({ 'bluesky_service-url': pds.otherPdsUrl })),
    leadsTo: 'connected',
  },
  { code: 'account_deactivated', begin: switchedOff(deactivate, activate), leadsTo: 'connected' },
  {
    code: 'account_taken_down',
    begin: switchedOff(
      (account) => takeDown(pds, account),
      (account) => restore(pds, account),
    ),
    leadsTo: 'connected',
  },
  {
    code: 'handle_mismatch',
    begin: async () => {
      const account = await createAccount(pds)
      const { handle } = await handleChange(account)
      const appPassword = await createAppPassword(account)
      pointed.set(account.handle, account.did)
      return {
        id: await connect(account.handle, appPassword),
        follow: async (id) => {
          const offered = (await ended(id)).outcome?.params['currentHandle'] ?? ''
          expect(offered).toBe(handle)
          return connect(offered, appPassword)
        },
      }
    },
    leadsTo: 'connected',
  },
  {
    code: 'handle_not_found',
    begin: async () => {
      const account = await createAccount(pds)
      const appPassword = await createAppPassword(account)
      return {
        id: await connect(`x${account.handle}`, appPassword),
        follow: () => connect(account.handle, appPassword),
      }
    },
    leadsTo: 'connected',
  },
  {
    code: 'identifier_is_email',
    begin: async () => {
      const account = await createAccount(pds, { on: 'otherPdsUrl' })
      const appPassword = await createAppPassword(account)
      return { id: await connect(account.email, appPassword), follow: () => connect(account.handle, appPassword) }
    },
    leadsTo: 'wrong_server',
  },
  {
    code: 'main_password_used',
    begin: async () => {
      const { handle } = await createAccount(pds)
      const account = await accounts.createAccount(pds.pdsUrl, { handle: `m${handle}`, password: WRONG })
      return {
        id: await connect(account.handle, WRONG),
        follow: async (id) => reconnect(id, await createAppPassword(account)),
      }
    },
    leadsTo: 'connected',
  },
  {
    code: 'app_password_has_dm_access',
    begin: async () => {
      const account = await createAccount(pds)
      return {
        id: await connect(account.handle, await createAppPassword(account, { privileged: true })),
        follow: async (id) => reconnect(id, await createAppPassword(account)),
      }
    },
    leadsTo: 'connected',
  },
  { code: 'session_revoked', begin: sessionLost({}), leadsTo: 'connected' },
  { code: 'session_expired', begin: sessionLost({ refreshEndsAt: YESTERDAY }), leadsTo: 'connected' },
  {
    code: 'integration_disabled',
    begin: async () => {
      const account = await createAccount(pds)
      const appPassword = await createAppPassword(account)
      await system.stopWorkers()
      const { id } = await user.connect(account.handle, appPassword)
      await save({ bluesky_integration_status: 'disabled' })
      await system.startWorkers()
      return { id, follow: () => save({}) }
    },
    leadsTo: 'connected',
  },
  { code: 'not_a_pds', begin: misled(() => page.origin), leadsTo: 'connected' },
  { code: 'pds_address_blocked', begin: misled(() => 'http://169.254.169.254'), leadsTo: 'connected' },
  { code: 'account_server_not_a_pds', begin: () => named(page.origin)(), leadsTo: 'connected' },
  { code: 'account_server_blocked', begin: named('http://169.254.169.254'), leadsTo: 'connected' },
  { code: 'account_suspended', begin: said({ situation: 'suspendedSession' }), leadsTo: 'connected' },
  { code: 'account_unverified', begin: said({ kind: 'tranquil', situation: 'unverified' }), leadsTo: 'connected' },
  { code: 'account_deleted', begin: said({ situation: 'accountNotFound' }), leadsTo: 'connected' },
  {
    code: 'account_not_here',
    begin: async () => {
      const [gone, other] = [await createAccount(pds), await createAccount(pds)]
      await deleteAccount(pds, gone)
      return {
        id: await connect(gone.did, WRONG),
        follow: async () => connect(other.handle, await createAppPassword(other)),
      }
    },
    leadsTo: 'connected',
  },
  { code: 'two_factor_required', begin: said({ situation: 'secondFactor' }), leadsTo: 'connected' },
  { code: 'scope_missing', begin: said({ situation: 'scopeMissing' }), leadsTo: 'connected' },
  { code: 'token_rejected', begin: said({ situation: 'invalidSession' }), leadsTo: 'connected' },
  {
    code: 'test_post_left',
    begin: said({ swap: 'ignored', faults: [{ call: 'deleteRecord', fault: 'page 502', after: 1 }] }),
    leadsTo: 'test_post_unsupported',
  },
]

describe('what is advised leads on', () => {
  test.each(walks.map((walk) => [walk.code, walk.where ?? 'always', walk.leadsTo, walk] as const))(
    '%s (%s): %s',
    async (code, _where, leadsTo, { begin }) => {
      const { id, follow } = await begin()
      expect((await ended(id)).outcome?.code).toBe(code)
      const { at } = (await ended(id)).outcome ?? {}
      const next = await follow(id)
      const now = await system.until(
        user,
        typeof next === 'string' ? next : id,
        ({ id: its, status, outcome }) =>
          outcome !== null && !['connecting', 'verifying'].includes(status) && (its !== id || outcome.at !== at),
      )
      expect(now.outcome?.code).toBe(leadsTo)
    },
    LATER.timeout,
  )

  test('and never back: every way ends at a connected account', () => {
    const next = new Map(outcomeCodes.map((code) => [code, walks.filter((walk) => walk.code === code)]))
    const walk = (code: OutcomeCode, passed: OutcomeCode[]): void => {
      expect(passed).not.toContain(code)
      const ways = next.get(code) ?? []
      if (outcomes[code].good && ways.length === 0) return
      expect([code, ways.length > 0]).toEqual([code, true])
      for (const { leadsTo } of ways) walk(leadsTo, [...passed, code])
    }
    for (const { code } of walks) walk(code, [])
  })
})

/** What no script can do, or what is walked elsewhere. */
const notWalked: Partial<Record<OutcomeCode, string>> = {
  identifier_malformed: 'refused at the front door: test/api/channels.test.ts',
  password_not_app_format: 'refused at the front door: test/api/channels.test.ts',
  secret_unreadable: 'walked with altered secrets: test/security/sealed.test.ts',
  wrong_account: 'no server of the test network takes one account for another: test/unit/identity.test.ts',
  server_protected: 'goes away by itself or by whoever runs the wall: test/unit/server-walls.test.ts',
  server_certificate: 'only whoever runs the server can renew its certificate: test/unit/server-walls.test.ts',
  did_unresolvable: 'only the provider of the account can mend its record',
  app_passwords_unsupported: 'such an account cannot be connected, and that is said',
}

test('every outcome that somebody has to act on is walked, or says why not', () => {
  const acted = outcomeCodes.filter((code) => ['user', 'admin'].includes(outcomes[code].fixBy) && !outcomes[code].good)
  const walked = new Set(walks.map(({ code }) => code))
  expect(acted.filter((code) => !walked.has(code) && !notWalked[code])).toEqual([])
})
