// Fills a running program and its local PDS with the people and accounts of the demo, and says what to paste.
import { createHmac, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Account } from './accounts.ts'
import {
  createAccount,
  createAppPassword,
  deactivate,
  findDid,
  moveTo,
  rename,
  putProfile,
  restore,
  revokeAppPasswords,
  signIn,
  takeDown,
} from './accounts.ts'
import { handOver, nameInDirectory, recoveryDid } from './identities.ts'
import { findLink, type Mailbox } from './mailbox.ts'
import { type Recipe, recipes } from './recipes.ts'
import { describeDemo } from './table.ts'
import type { PdsNetwork } from './pds.ts'
import { writePrivateFile } from '../private-file.ts'

type Person = { email: string; password: string }
type DemoAccount = {
  identifier: string
  appPassword: string
  expect: string
  note: string
  /** of an account that moved: at its new server */
  there?: string
}

/** What `.runtime/demo.json` holds. */
export type Demo = {
  url: string
  pdsUrl: string
  otherPdsUrl: string
  /** where mails are shown; absent where they go elsewhere */
  mailboxUrl?: string
  admin: Person
  user: Person
  accounts: DemoAccount[]
}

const answerTimeoutMs = 30_000
/** The account whose app password a command deletes. */
const TO_REVOKE = 'revoked.test'

/** The environment that points the program at the local network. */
export const demoEnv = (pds: PdsNetwork): Record<string, string> => ({
  BLUESKY_SERVICE_URL: pds.pdsUrl,
  ALLOW_PRIVATE_NETWORK: 'true',
  PLC_DIRECTORY_URL: pds.plcUrl,
  HANDLE_RESOLVER_URL: pds.handleResolverUrl,
  BLUESKY_APPVIEW_URL: pds.pdsUrl,
  CHECK_INTERVAL_SECONDS: '30',
  // All of it is on this machine, whatever way out others need.
  NO_PROXY: '*',
})

/** The environment that has the program hand in its mails there. */
export const mailboxEnv = ({ smtpUrl }: Pick<Mailbox, 'smtpUrl'>): Record<string, string> => ({
  SMTP_URL: smtpUrl,
  MAIL_FROM: 'Bluesky Connect <demo@localhost.test>',
})

const readDemo = async (file: string): Promise<Demo | undefined> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Demo
  } catch {
    return undefined
  }
}

// Main passwords are kept nowhere: whoever has the key of the PDS can work them out again, and nobody else.
const mainPassword = (pds: PdsNetwork, { handle, kind }: Recipe) => {
  const digest = createHmac('sha256', pds.adminPassword).update(handle).digest()
  if (kind !== 'main password') return digest.toString('base64url')
  const letters = Array.from(digest.subarray(0, 16), (byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte & 31])
  return letters.join('').replace(/(.{4})(?=.)/g, '$1-')
}

type OnServer = Account & { status?: string | undefined }

const signInOrCreate = async (pds: PdsNetwork, recipe: Recipe, pdsUrl: string): Promise<OnServer> => {
  const { handle } = recipe
  const password = mainPassword(pds, recipe)
  let session = await signIn(pdsUrl, handle, password)
  if (!session && recipe.becomes) {
    session = await signIn(pdsUrl, recipe.becomes, password)
    if (session) await rename(pds, { did: session.did, pdsUrl }, handle)
  }
  if (session?.status === 'takendown') {
    // Nothing about its app passwords can be asked or changed in between.
    await restore(pds, { did: session.did, pdsUrl })
    session = await signIn(pdsUrl, handle, password)
  }
  if (session) return { ...session, pdsUrl, handle, password }
  return createAccount(pdsUrl, { handle, password, recoveryKey: await recoveryDid(pds) })
}

/** By its DID, because for some handles the front of the demo has other answers than the PDS. */
const opens = async (pdsUrl: string, handle: string, password: string) => {
  const did = await findDid(pdsUrl, handle)
  return did !== undefined && (await signIn(pdsUrl, did, password)) !== undefined
}

const otherThan = (pds: PdsNetwork, on: Recipe['on']) => (on === 'pdsUrl' ? pds.otherPdsUrl : pds.pdsUrl)

/** A server in its own right as far as anybody can see, with the PDS as the entryway that signs in for it (docs/at-protocol.md §4). */
const hostOf = ({ pdsUrl, handle }: Account) => pdsUrl.replace('localhost', handle.replace(/test$/, 'localhost'))

/** Moves the account to the other PDS unless it has. @returns an app password of it there */
const moveOver = async (pds: PdsNetwork, account: OnServer, known: string | undefined): Promise<string> => {
  const { did, handle, password } = account
  const pdsUrl = pds.otherPdsUrl
  if (known && (await signIn(pdsUrl, did, known))) return known
  const session = await signIn(pdsUrl, did, password)
  const there = session
    ? { ...session, pdsUrl, handle, password }
    : await moveTo(account, pdsUrl, (credentials) => handOver(pds, did, credentials))
  return createAppPassword(there)
}

/** What is pasted as handle. */
const identifierOf = ({ typed, handle }: Recipe) => typed ?? handle

const prepareAccount = async (
  pds: PdsNetwork,
  recipe: Recipe,
  before: DemoAccount | undefined,
): Promise<DemoAccount> => {
  const { handle, state, kind, profile, expect } = recipe
  const identifier = identifierOf(recipe)
  const known = before?.appPassword
  const demoAccount = (appPassword: string, there?: string): DemoAccount => {
    const note = recipe.note.replace('{there}', there ?? '')
    return { identifier, appPassword, expect, note, ...(there ? { there } : {}) }
  }
  if (!recipe.on) return demoAccount(recipe.pasted ?? '')
  if (known && !state && !recipe.pasted && (await opens(pds[recipe.on], handle, known))) return demoAccount(known)
  const account = await signInOrCreate(pds, recipe, pds[recipe.on])
  if (profile) {
    const picture = profile.picture && (await readFile(path.join(import.meta.dirname, profile.picture)))
    await putProfile(account, profile.name, picture ? new Uint8Array(picture) : undefined)
  }
  const ownPassword = async () => {
    if (kind === 'main password') return account.password
    if (known && (await signIn(account.pdsUrl, account.did, known))) return known
    return createAppPassword(account, { privileged: kind === 'with DM access' })
  }
  const appPassword = recipe.pasted ?? (await ownPassword())
  if (state === 'deactivated' && account.status !== 'deactivated') await deactivate(account)
  if (state === 'taken down') await takeDown(pds, account)
  if (state === 'half moved') await nameInDirectory(pds, account.did, otherThan(pds, recipe.on))
  if (state === 'on a host') await nameInDirectory(pds, account.did, hostOf(account))
  if (state === 'without a server') await nameInDirectory(pds, account.did, undefined)
  if (state === 'renamed' && recipe.becomes) await rename(pds, account, recipe.becomes)
  return demoAccount(appPassword, state === 'moved' ? await moveOver(pds, account, before?.there) : undefined)
}

const post = (apiUrl: string, path: string, body: object) =>
  fetch(new URL(`/api/${path}`, apiUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: apiUrl },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(answerTimeoutMs),
  })

/** @returns null where the password is another */
const readUser = async (apiUrl: string, person: Person): Promise<{ emailVerified: boolean } | null> => {
  const answer = await post(apiUrl, 'auth/sign-in/email', person)
  return answer.ok ? ((await answer.json()) as { user: { emailVerified: boolean } }).user : null
}

/** With the link that was sent to the address, as everybody does it. */
const proveAddress = async (apiUrl: string, mailbox: Mailbox, { email }: Person) => {
  const { hash } = await findLink(mailbox, email, 'verify-email')
  const { ok, status } = await post(apiUrl, 'address-proof', { token: hash.slice(1) })
  if (!ok) throw new Error(`The address of the demo user could not be proved: the answer was ${status}.`)
}

const prepareUser = async (apiUrl: string, known: Person | undefined, mailbox?: Mailbox): Promise<Person> => {
  const found = known && (await readUser(apiUrl, known))
  if (found) {
    // One from before there was e-mail.
    const isUnproven = mailbox && !found.emailVerified
    if (isUnproven && (await post(apiUrl, 'auth/send-verification-email', { email: known.email })).ok)
      await proveAddress(apiUrl, mailbox, known)
    return known
  }
  // A database that outlived its demo.json may hold a user of the first address whose password nobody knows any more.
  let refused: number | undefined
  for (const email of ['demo@example.com', `demo-${randomBytes(3).toString('hex')}@example.com`]) {
    const user = { email, password: randomBytes(9).toString('base64url') }
    const answer = await post(apiUrl, 'auth/sign-up/email', { ...user, name: 'Demo user' })
    // Where e-mail is on, an address that is taken gets the same answer as any other.
    if (answer.ok && (await readUser(apiUrl, user))) {
      if (mailbox) await proveAddress(apiUrl, mailbox, user)
      return user
    }
    refused = answer.status
  }
  throw new Error(`The demo user could not sign up at ${apiUrl}: the answer was ${refused}. Is SIGN_UP open?`)
}

/**
 * Makes the demo's accounts and its user, or finds them again, writes `<runtimeDir>/demo.json` and prints the table.
 * The PDS and the API must answer already; `apiUrl` is the program's `BASE_URL`.
 */
export const seedDemo = async (options: {
  apiUrl: string
  pds: PdsNetwork
  runtimeDir: string
  admin: Person
  /** where the program hands in its mails */
  mailbox?: Mailbox | undefined
  print?: (text: string) => void
}): Promise<Demo> => {
  const { apiUrl, pds, runtimeDir, admin, mailbox, print = console.log } = options
  const file = path.join(runtimeDir, 'demo.json')
  const before = await readDemo(file)
  const knownAccount = (recipe: Recipe) =>
    before?.accounts.find(({ identifier }) => identifier === identifierOf(recipe))
  const [user, ...accounts] = await Promise.all([
    prepareUser(apiUrl, before?.user, mailbox),
    ...recipes.map((recipe) => prepareAccount(pds, recipe, knownAccount(recipe))),
  ])
  const { pdsUrl, otherPdsUrl } = pds
  const shown = mailbox ? { mailboxUrl: mailbox.pageUrl } : {}
  const demo: Demo = { url: apiUrl, pdsUrl, otherPdsUrl, ...shown, admin, user, accounts }
  await writePrivateFile(file, `${JSON.stringify(demo, undefined, 2)}\n`)
  print(describeDemo(demo))
  return demo
}

/**
 * Deletes the app password of the account that is there for it, as its owner would, and prints a new one.
 * @throws where the demo has not run here
 */
export const revokeDemo = async (options: {
  pds: PdsNetwork
  runtimeDir: string
  print?: (text: string) => void
}): Promise<void> => {
  const { pds, runtimeDir, print = console.log } = options
  const file = path.join(runtimeDir, 'demo.json')
  const demo = await readDemo(file)
  const recipe = recipes.find(({ handle }) => handle === TO_REVOKE)
  const shown = demo?.accounts.find(({ identifier }) => identifier === TO_REVOKE)
  if (!demo || !recipe || !shown) throw new Error('The demo has not run here.')
  const account = await signInOrCreate(pds, recipe, pds.pdsUrl)
  await revokeAppPasswords(account)
  shown.appPassword = await createAppPassword(account)
  await writePrivateFile(file, `${JSON.stringify(demo, undefined, 2)}\n`)
  print(
    `The app password of ${TO_REVOKE} was deleted. Within a minute ${demo.url}/app/channels says so by itself, where it was connected.\n` +
      `To reconnect it: ${shown.appPassword}`,
  )
}
