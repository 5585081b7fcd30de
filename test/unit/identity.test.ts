// What an independent look makes of sign-ins at two real servers and their directory.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { namesSeen, type Evidence } from '../../src/outcomes/evidence.ts'
import { createHttp, type Http } from '../../src/http/client.ts'
import { createIdentityLookup, type IdentityLookup } from '../../src/bluesky/identity.ts'
import { diagnose, lookupFor } from '../../src/outcomes/catalogue.ts'
import { signIn } from '../../src/bluesky/session.ts'
import { startDnsServer, type DnsServer, type DnsZone } from '../helpers/dns-server.ts'
import { collectLog } from '../helpers/log.ts'
import {
  createAccount,
  createAppPassword,
  deactivate,
  handleChange,
  moveAccount,
  takeDown,
  type Account,
} from '../helpers/pds.ts'

const pds = inject('pds')
const log = collectLog()
const zone: DnsZone = {}
let dns: DnsServer
let http: Http
let identity: IdentityLookup
/** `METHOD origin/path` of what went out since it was emptied */
const sent: string[] = []

beforeAll(async () => {
  dns = await startDnsServer(zone)
  const guarded = createHttp({ allowPrivateNetwork: true, dnsServers: [dns.address], log: log.logger })
  http = {
    ...guarded,
    fetch: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input)
      sent.push(`${url.origin}${url.pathname}`)
      return guarded.fetch(input, init)
    },
  }
  identity = createIdentityLookup({
    http,
    plcDirectoryUrl: pds.plcUrl,
    handleResolverUrl: pds.handleResolverUrl,
    dnsServers: [dns.address],
    log: log.logger,
  })
})

afterAll(async () => {
  identity.close()
  await http.close()
  await dns.close()
})

const wrongPassword = 'aaaa-bbbb-cccc-dddd'
const signal = () => AbortSignal.timeout(20_000)

interface Attempt {
  identifier: string
  password: string
  serviceUrl?: string
  knownDid?: string
}

/** Signs in and looks as the connect step does. */
async function connect({ identifier, password, serviceUrl = pds.pdsUrl, knownDid }: Attempt) {
  const signedIn = await signIn({ http, serviceUrl, signal: signal() }, knownDid ?? identifier, password)
  const seen: Evidence = {
    step: 'connect',
    serviceUrl,
    call: 'createSession',
    answer: signedIn.answer,
    expectedDid: knownDid ?? null,
    ...(signedIn.seen ? { session: signedIn.seen } : {}),
  }
  const question = { identifier, knownDid: signedIn.seen?.did ?? knownDid ?? null, serviceUrl, signal: signal() }
  const lookup = lookupFor(seen, diagnose(seen), undefined)
  if (lookup === 'after_sign_in' && seen.session) {
    seen.identity = await identity.lookupAfterSignIn({ ...question, knownDid: knownDid ?? null, session: seen.session })
  } else if (lookup) seen.identity = await identity.lookup(question)
  return { code: diagnose(seen), names: namesSeen(seen, identifier), identity: seen.identity }
}

/** The same server by another address. */
const alias = (url: string) => url.replace('localhost', '127.0.0.1')

const newHandle = (account: Account) => `other-${account.handle.replace('.test', '.example')}`

/** Lets a name of no server's point at an account. */
function pointTo(account: Account): string {
  const handle = newHandle(account)
  zone[`_atproto.${handle}`] = { txt: [`did=${account.did}`] }
  return handle
}

describe('a refused sign-in', () => {
  test('of an account that is active here is the password’s fault', async () => {
    const { handle } = await createAccount(pds)
    const { code, identity } = await connect({ identifier: handle, password: wrongPassword })
    expect(code).toBe('bad_credentials')
    expect(identity).toMatchObject({ handleConfirmed: true, pdsUrl: pds.pdsUrl, repoHere: 'active' })
    expect(identity).toMatchObject({ version: expect.stringMatching(/./) as string })
  })

  test.each(['handle', 'did'] as const)(
    'of an account that lives on another server names that server (%s)',
    async (by) => {
      const account = await createAccount(pds, { on: 'otherPdsUrl' })
      const { code, names } = await connect({ identifier: account[by], password: wrongPassword })
      expect(code).toBe('wrong_server')
      expect(names).toEqual({ actualServer: pds.otherPdsUrl, seenHandle: account.handle })
    },
  )

  test('of an account that moved away says where to', async () => {
    const account = await createAccount(pds)
    await moveAccount(pds, account)
    await deactivate(account)
    const { code, names } = await connect({ identifier: account.did, password: wrongPassword })
    // It may be the new server's password, which this one cannot know.
    expect(code).toBe('wrong_server')
    expect(names).toMatchObject({ actualServer: pds.otherPdsUrl })
  })

  // The handle of such an account leads nowhere any more; its server still knows it.
  test.each(['handle', 'did'] as const)('of an account that is taken down tells so (%s)', async (by) => {
    const account = await createAccount(pds)
    const password = await createAppPassword(account)
    await takeDown(pds, account)
    expect(await connect({ identifier: account[by], password })).toMatchObject({ code: 'account_taken_down' })
  })

  test.each(['handle', 'did'] as const)('of an account that is deactivated tells so (%s)', async (by) => {
    const account = await createAccount(pds)
    await deactivate(account)
    const { code } = await connect({ identifier: account[by], password: wrongPassword })
    expect(code).toBe('account_deactivated')
  })

  test('with a handle that nobody has', async () => {
    const { code, identity } = await connect({ identifier: 'nobody-at-all.test', password: wrongPassword })
    expect(code).toBe('handle_not_found')
    expect(identity).toMatchObject({ did: null, repoHere: 'not_found' })
    expect(identity).not.toHaveProperty('unavailable')
  })

  test('with a DID that nobody has', async () => {
    const { code } = await connect({ identifier: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', password: wrongPassword })
    expect(code).toBe('did_unresolvable')
  })

  test('with a handle that points to an account which does not use it', async () => {
    const account = await createAccount(pds, { on: 'otherPdsUrl' })
    const { code, names } = await connect({ identifier: pointTo(account), password: wrongPassword })
    expect(code).toBe('handle_mismatch')
    expect(names).toMatchObject({ currentHandle: account.handle })
  })

  test('with a handle that points to an account which does not use it and is taken down tells nothing of that one', async () => {
    const account = await createAccount(pds)
    await takeDown(pds, account)
    const { code } = await connect({ identifier: pointTo(account), password: wrongPassword })
    expect(code).toBe('handle_mismatch')
  })

  test('with a handle whose account claims a name that leads elsewhere offers no name', async () => {
    const account = await createAccount(pds)
    const handle = pointTo(account)
    const successor = await createAccount(pds)
    zone[`_atproto.${account.handle}`] = { txt: [`did=${successor.did}`] }
    const { code, names } = await connect({ identifier: handle, password: wrongPassword })
    expect(code).toBe('handle_mismatch')
    expect(names).not.toHaveProperty('currentHandle')
  })

  test('of a known account is the password’s fault, whatever its handle is by now', async () => {
    const account = await createAccount(pds)
    await handleChange(account)
    const { code } = await connect({
      identifier: account.handle,
      password: wrongPassword,
      knownDid: account.did,
    })
    expect(code).toBe('bad_credentials')
  })

  test('by another address of the same server is the password’s fault', async () => {
    const account = await createAccount(pds)
    const { code, identity } = await connect({
      identifier: account.handle,
      password: wrongPassword,
      serviceUrl: alias(pds.pdsUrl),
    })
    expect(identity).toMatchObject({ pdsUrl: pds.pdsUrl, sameServer: true })
    expect(code).toBe('bad_credentials')
  })

  test('with an e-mail address is looked up only when its account is known', async () => {
    const account = await createAccount(pds, { on: 'otherPdsUrl' })
    const attempt = { identifier: 'somebody@example.com', password: wrongPassword }
    const unknown = await connect(attempt)
    expect(unknown.code).toBe('bad_credentials')
    expect(unknown.identity).toEqual({ version: expect.any(String) as string })
    expect(await connect({ ...attempt, knownDid: account.did })).toMatchObject({ code: 'wrong_server' })
  })
})

describe('a sign-in that works', () => {
  test('by another address of the same server has found its account', async () => {
    const account = await createAccount(pds)
    const { code, identity } = await connect({
      identifier: account.handle,
      password: await createAppPassword(account),
      serviceUrl: alias(pds.pdsUrl),
    })
    expect(identity).toMatchObject({ pdsUrl: pds.pdsUrl, sameServer: true })
    expect(code).toBe('signed_in')
  })

  test('confirms a handle that is new, and only then', async () => {
    const account = await createAccount(pds)
    const { handle } = await handleChange(account)
    const look = (knownHandle: string | null) => {
      const question = { identifier: account.handle, knownDid: account.did, knownHandle }
      return identity.lookupAfterSignIn({ ...question, serviceUrl: pds.pdsUrl, session: account, signal: signal() })
    }
    expect(await look(account.handle)).toMatchObject({ documentHandle: handle, currentHandle: handle })
    sent.length = 0
    expect(await look(handle)).not.toHaveProperty('currentHandle')
    expect(sent).toEqual([`${pds.plcUrl}/${account.did}`])
    const successor = await createAccount(pds)
    zone[`_atproto.${handle}`] = { txt: [`did=${successor.did}`] }
    expect(await look(null)).not.toHaveProperty('currentHandle')
  })

  test('costs one more request, to the directory, when the handle is under the server’s own name', async () => {
    const account = await createAccount(pds)
    sent.length = 0
    const looked = await identity.lookupAfterSignIn({
      identifier: `${account.handle}.localhost`,
      serviceUrl: pds.pdsUrl,
      session: account,
      signal: signal(),
    })
    expect(looked).toMatchObject({ pdsUrl: pds.pdsUrl })
    expect(sent).toEqual([`${pds.plcUrl}/${account.did}`])
  })

  test('of an account in order stays a sign-in', async () => {
    const account = await createAccount(pds)
    const { code, identity } = await connect({ identifier: account.handle, password: await createAppPassword(account) })
    expect(code).toBe('signed_in')
    expect(identity).toEqual({ documentHandle: account.handle, handleConfirmed: true, pdsUrl: pds.pdsUrl })
    expect(log.lines).toEqual([])
  })

  test('at the old server of a moved account is found out', async () => {
    const account = await createAccount(pds)
    const password = await createAppPassword(account)
    await moveAccount(pds, account)
    const { code, names } = await connect({ identifier: account.handle, password })
    expect(code).toBe('account_moved')
    expect(names).toMatchObject({ actualServer: pds.otherPdsUrl })
  })

  test('with a handle that by now points to somebody else is somebody else’s', async () => {
    const account = await createAccount(pds)
    const successor = await createAccount(pds)
    zone[`_atproto.${account.handle}`] = { txt: [`did=${successor.did}`] }
    const password = await createAppPassword(account)
    const { code, names } = await connect({ identifier: account.handle, password })
    expect(code).toBe('wrong_account')
    expect(names).toMatchObject({ seenHandle: account.did })
    const known = await connect({ identifier: account.handle, password, knownDid: account.did })
    expect(known.code).toBe('signed_in')
  })

  test('of a deactivated account is told apart from the copy that a move left behind', async () => {
    const account = await createAccount(pds)
    const password = await createAppPassword(account)
    await deactivate(account)
    expect(await connect({ identifier: account.handle, password })).toMatchObject({ code: 'account_deactivated' })
    await moveAccount(pds, account)
    expect(await connect({ identifier: account.handle, password })).toMatchObject({ code: 'account_moved' })
  })
})

describe('where to sign in', () => {
  const where = (identifier: string, knownDid?: string) =>
    identity.whereToSignIn({ identifier, knownDid: knownDid ?? null, serviceUrl: pds.pdsUrl, signal: signal() })

  test('is the server that the identity names', async () => {
    const account = await createAccount(pds, { on: 'otherPdsUrl' })
    expect(await where(account.handle)).toBe(pds.otherPdsUrl)
    expect(await where(account.did)).toBe(pds.otherPdsUrl)
    expect(await where('somebody@example.com', account.did)).toBe(pds.otherPdsUrl)
  })

  test('is the Service URL for whom nothing can be found out', async () => {
    const identifiers = ['nobody-at-all.test', 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', 'somebody@example.com']
    expect(await Promise.all(identifiers.map((identifier) => where(identifier)))).toEqual(Array(3).fill(pds.pdsUrl))
  })

  test('is never decided by what a server calls itself', async () => {
    const account = await createAccount(pds)
    const home = await identity.whereToSignIn({
      identifier: account.handle,
      serviceUrl: alias(pds.pdsUrl),
      signal: signal(),
    })
    expect(home).toBe(pds.pdsUrl)
  })

  test('is never decided by a handle that the account does not name in return', async () => {
    const account = await createAccount(pds, { on: 'otherPdsUrl' })
    expect(await where(pointTo(account))).toBe(pds.pdsUrl)
  })
})
