// The PDS network and what the tests do to its accounts, on the real thing.
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { XrpcError, signIn, xrpc } from '../../services/demo/accounts.ts'
import type { StartedPds } from '../../services/demo/pds.ts'
import { startPds } from '../../services/demo/pds.ts'
import {
  createAccount,
  createAppPassword,
  deactivate,
  handleChange,
  listRecords,
  moveAccount,
  repoState,
  restore,
  takeDown,
} from '../helpers/pds.ts'

let pds: StartedPds
beforeAll(async () => {
  pds = await startPds()
}, 30_000)
afterAll(() => pds.stop())

const resolve = (url: string, handle: string) =>
  xrpc<{ did: string }>(url, 'com.atproto.identity.resolveHandle', { query: { handle } })

const temporaryFolder = async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'pds-test-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

const refusal = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof XrpcError)) throw new Error('The call was not refused')
  return { status: error.status, error: error.error }
}

const write = (account: Awaited<ReturnType<typeof createAccount>>) =>
  xrpc<{ uri: string }>(account.pdsUrl, 'com.atproto.repo.createRecord', {
    authorization: `Bearer ${account.accessJwt}`,
    body: {
      repo: account.did,
      collection: 'app.bsky.feed.post',
      record: { $type: 'app.bsky.feed.post', text: 'hello', createdAt: new Date().toISOString() },
    },
  })

describe('the network', () => {
  test('either PDS knows the accounts of both by handle', async () => {
    const here = await createAccount(pds)
    const there = await createAccount(pds, { on: 'otherPdsUrl' })
    for (const url of [pds.handleResolverUrl, pds.pdsUrl, pds.otherPdsUrl]) {
      expect(await resolve(url, here.handle)).toEqual({ did: here.did })
      expect(await resolve(url, there.handle)).toEqual({ did: there.did })
    }
    expect(await refusal(resolve(pds.pdsUrl, 'nobody.test'))).toEqual({ status: 400, error: 'HandleNotFound' })
  })

  test('an account signs in where it lives and nowhere else', async () => {
    const there = await createAccount(pds, { on: 'otherPdsUrl' })
    expect(await signIn(pds.otherPdsUrl, there.handle, there.password)).toMatchObject({ did: there.did })
    expect(await signIn(pds.pdsUrl, there.handle, there.password)).toBeUndefined()
  })

  test('a token of one PDS is worth nothing at the other', async () => {
    const here = await createAccount(pds)
    expect(await refusal(repoState({ ...here, pdsUrl: pds.otherPdsUrl }))).toMatchObject({ error: 'InvalidToken' })
  })

  test('nothing listens beyond loopback', async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4')
    const address = outside?.address ?? '127.0.0.2'
    for (const url of [pds.plcUrl, pds.pdsUrl, pds.otherPdsUrl]) {
      await expect(fetch(`http://${address}:${new URL(url).port}/`)).rejects.toThrow('fetch failed')
    }
  })

  test('with a data folder, accounts, identities and addresses outlive a restart', async () => {
    const dataDir = await temporaryFolder()
    const first = await startPds({ dataDir })
    const account = await createAccount(first)
    const renamed = await handleChange(account)
    const appPassword = await createAppPassword(renamed)
    await first.stop()

    const second = await startPds({ dataDir })
    onTestFinished(() => second.stop())
    expect({ ...second, stop: undefined }).toEqual({ ...first, stop: undefined })
    expect(await signIn(second.pdsUrl, renamed.handle, appPassword)).toMatchObject({ did: account.did })
    const document = await (await fetch(`${second.plcUrl}/${account.did}`)).json()
    expect(document).toMatchObject({
      alsoKnownAs: [`at://${renamed.handle}`],
      service: [{ serviceEndpoint: second.pdsUrl }],
    })
    expect((await stat(path.join(dataDir, 'network.json'))).mode & 0o777).toBe(0o600)
  })

  test('at other addresses, kept data is dropped rather than served with wrong identities', async () => {
    const dataDir = await temporaryFolder()
    const first = await startPds({ dataDir })
    const account = await createAccount(first)
    await first.stop()
    const free = await startPds()
    await free.stop()

    const second = await startPds({ dataDir, pdsPort: Number(new URL(free.pdsUrl).port) })
    onTestFinished(() => second.stop())
    expect(await signIn(second.pdsUrl, account.handle, account.password)).toBeUndefined()
  })

  test('a port in use is refused with its number, and leaves nothing running', async () => {
    const port = Number(new URL(pds.pdsUrl).port)
    await expect(startPds({ pdsPort: port })).rejects.toThrow(`Port ${port} of 127.0.0.1 is in use`)
  })
})

describe('accounts', () => {
  test('an app password signs in with its own scope', async () => {
    const account = await createAccount(pds)
    const scopeOf = async (password: string) => {
      const session = await signIn(pds.pdsUrl, account.handle, password)
      const claims = JSON.parse(Buffer.from(session?.accessJwt.split('.')[1] ?? '', 'base64url').toString()) as object
      return claims
    }
    expect(await scopeOf(await createAppPassword(account))).toMatchObject({ scope: 'com.atproto.appPass' })
    expect(await scopeOf(await createAppPassword(account, { privileged: true }))).toMatchObject({
      scope: 'com.atproto.appPassPrivileged',
    })
  })

  test('a deactivated account signs in with its app password, and says that it is deactivated', async () => {
    const account = await createAccount(pds)
    const appPassword = await createAppPassword(account)
    await deactivate(account)
    expect(await signIn(pds.pdsUrl, account.handle, appPassword)).toMatchObject({ status: 'deactivated' })
    expect(await refusal(write(account))).toEqual({ status: 401, error: 'AccountDeactivated' })
  })

  test('a taken down account refuses its app password until it is restored', async () => {
    const account = await createAccount(pds)
    const appPassword = await createAppPassword(account)
    await takeDown(pds, account)
    expect(await signIn(pds.pdsUrl, account.handle, appPassword)).toBeUndefined()
    await restore(pds, account)
    expect(await signIn(pds.pdsUrl, account.handle, appPassword)).toMatchObject({ did: account.did, active: true })
  })

  test('a moved account names the other PDS in its identity, and the old one still lets it in', async () => {
    const account = await createAccount(pds)
    await moveAccount(pds, account)
    const document = await (await fetch(`${pds.plcUrl}/${account.did}`)).json()
    expect(document).toMatchObject({ service: [{ serviceEndpoint: pds.otherPdsUrl }] })
    expect(await signIn(pds.pdsUrl, account.handle, account.password)).toMatchObject({ active: true })
  })

  test('after a handle change the new handle leads to the account, and the old one to nobody', async () => {
    const account = await createAccount(pds)
    const renamed = await handleChange(account)
    expect(await resolve(pds.otherPdsUrl, renamed.handle)).toEqual({ did: account.did })
    expect(await refusal(resolve(pds.otherPdsUrl, account.handle))).toMatchObject({ error: 'HandleNotFound' })
  })

  test('a record shows in the list and in the state of the repository, and a deleted one still in its revision', async () => {
    const account = await createAccount(pds)
    const empty = await repoState(account)
    expect(await listRecords(account)).toEqual([])
    expect(await repoState(account)).toEqual(empty)

    const { uri } = await write(account)
    expect(await listRecords(account)).toMatchObject([{ uri, value: { text: 'hello' } }])
    expect((await repoState(account)).records).toBe(empty.records + 1)

    await xrpc(pds.pdsUrl, 'com.atproto.repo.deleteRecord', {
      authorization: `Bearer ${account.accessJwt}`,
      body: { repo: account.did, collection: 'app.bsky.feed.post', rkey: uri.split('/').at(-1) },
    })
    expect(await listRecords(account)).toEqual([])
    expect((await repoState(account)).rev).not.toBe(empty.rev)
  })
})
