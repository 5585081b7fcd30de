// What tests do to accounts of a real PDS, and how they see what was left on it.
import { randomBytes } from 'node:crypto'
import { Secp256k1Keypair } from '@atproto/crypto'
import * as accounts from '../../services/demo/accounts.ts'
import type { Account } from '../../services/demo/accounts.ts'
import type { PdsNetwork } from '../../services/demo/pds.ts'

export {
  activate,
  createAppPassword,
  deactivate,
  putProfile,
  restore,
  revokeAppPasswords,
  takeDown,
} from '../../services/demo/accounts.ts'
export type { Account, PdsNetwork }

// A key of the owner's own in every identity lets `moveAccount` change it without the PDS.
const recoveryKey = await Secp256k1Keypair.create()

const uniqueName = () => `t${randomBytes(6).toString('hex')}`

/** A new account on the first PDS, or on the other. Its handle is unique unless it is given. */
export const createAccount = (
  pds: PdsNetwork,
  options: { handle?: string; on?: 'pdsUrl' | 'otherPdsUrl' } = {},
): ReturnType<typeof accounts.createAccount> =>
  accounts.createAccount(pds[options.on ?? 'pdsUrl'], {
    handle: options.handle ?? `${uniqueName()}.test`,
    password: randomBytes(12).toString('base64url'),
    recoveryKey: recoveryKey.did(),
  })

const as = (account: Account) => ({ authorization: `Bearer ${account.accessJwt}` })

/** Changes the handle; resolves to the account under its new name. */
export const handleChange = async (account: Account, handle = `${uniqueName()}.test`): Promise<Account> => {
  await accounts.xrpc(account.pdsUrl, 'com.atproto.identity.updateHandle', { ...as(account), body: { handle } })
  return { ...account, handle }
}

/** As whoever runs the server does; the owner's own way, with a code from a mail, ends the sessions as well. */
export const changePassword = (pds: PdsNetwork, { pdsUrl, did }: Account) =>
  asAdmin(pds, pdsUrl, 'com.atproto.admin.updateAccountPassword', { did, password: randomBytes(12).toString('hex') })

/** What whoever runs the server does; an owner does the same with a code from a mail. */
export const deleteAccount = (pds: PdsNetwork, { pdsUrl, did }: Account) =>
  asAdmin(pds, pdsUrl, 'com.atproto.admin.deleteAccount', { did })

const asAdmin = (pds: PdsNetwork, pdsUrl: string, method: string, body: object) =>
  accounts.xrpc<object>(pdsUrl, method, {
    authorization: `Basic ${Buffer.from(`admin:${pds.adminPassword}`).toString('base64')}`,
    body,
  })

/** Makes the identity name the other PDS, as after a move; the old PDS keeps the account and is not told. */
export const moveAccount = async (
  pds: PdsNetwork,
  account: Account,
  target = account.pdsUrl === pds.pdsUrl ? pds.otherPdsUrl : pds.pdsUrl,
) => {
  const { Client } = await import('@did-plc/lib')
  await new Client(pds.plcUrl).updatePds(account.did, recoveryKey, target)
}

/** Moves an account to the other PDS as its owner would; resolves to the account there, which has no app passwords. */
export const migrateAccount = async (pds: PdsNetwork, account: Account): Promise<Account> => {
  const { Client } = await import('@did-plc/lib')
  const target = account.pdsUrl === pds.pdsUrl ? pds.otherPdsUrl : pds.pdsUrl
  return accounts.moveTo(account, target, ({ rotationKeys, verificationMethods, services }) =>
    new Client(pds.plcUrl).updateData(account.did, recoveryKey, (last) => ({
      ...last,
      rotationKeys: [recoveryKey.did(), ...rotationKeys],
      verificationMethods,
      services,
    })),
  )
}

/** Writes the profile record, as the owner does in the app. */
export const setProfile = (account: Account, displayName: string) =>
  accounts.xrpc<object>(account.pdsUrl, 'com.atproto.repo.putRecord', {
    ...as(account),
    body: {
      repo: account.did,
      collection: 'app.bsky.actor.profile',
      rkey: 'self',
      record: { $type: 'app.bsky.actor.profile', displayName },
    },
  })

/** Makes the identity name no server; the PDS is not told. */
export const nameNoServer = async (pds: PdsNetwork, { did }: Account) => {
  const { Client } = await import('@did-plc/lib')
  await new Client(pds.plcUrl).updateData(did, recoveryKey, (last) => ({ ...last, services: {} }))
}

type RepoRecord = { uri: string; cid: string; value: Record<string, unknown> }

/** Every record of the account, of every collection, as anybody can read them. */
export const listRecords = async (account: Account): Promise<RepoRecord[]> => {
  const repo = { repo: account.did }
  const { collections } = await accounts.xrpc<{ collections: string[] }>(
    account.pdsUrl,
    'com.atproto.repo.describeRepo',
    { query: repo },
  )
  const pages = collections.map((collection) =>
    accounts.xrpc<{ records: RepoRecord[] }>(account.pdsUrl, 'com.atproto.repo.listRecords', {
      query: { ...repo, collection, limit: '100' },
    }),
  )
  return (await Promise.all(pages)).flatMap(({ records }) => records)
}

type RepoState = { rev: string; commit: string; records: number; blocks: number }

/** Equal before and after means that nothing was written in between, not even for a moment. Works when deactivated. */
export const repoState = async (account: Account): Promise<RepoState> => {
  const status = await accounts.xrpc<{
    repoRev: string
    repoCommit: string
    indexedRecords: number
    repoBlocks: number
  }>(account.pdsUrl, 'com.atproto.server.checkAccountStatus', as(account))
  return {
    rev: status.repoRev,
    commit: status.repoCommit,
    records: status.indexedRecords,
    blocks: status.repoBlocks,
  }
}
