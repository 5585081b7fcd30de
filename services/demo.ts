// Fills a running program and its local PDS with the people and accounts of the demo, and says what to paste.
import { createHmac, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Account } from './demo-accounts.ts'
import { createAccount, createAppPassword, deactivate, restore, signIn, takeDown } from './demo-accounts.ts'
import { describeDemo } from './demo-table.ts'
import type { PdsNetwork } from './pds.ts'
import { writePrivateFile } from './private-file.ts'

type Person = { email: string; password: string }
type DemoAccount = { identifier: string; appPassword: string; expect: string; note: string }

/** What `.runtime/demo.json` holds. */
export type Demo = {
  url: string
  pdsUrl: string
  otherPdsUrl: string
  admin: Person
  user: Person
  accounts: DemoAccount[]
}

type Recipe = {
  handle: string
  on: 'pdsUrl' | 'otherPdsUrl'
  state: 'active' | 'deactivated' | 'taken down'
  appPassword: 'right' | 'wrong'
  expect: string
  note: string
}

const recipes: Recipe[] = [
  {
    handle: 'sunny.test',
    on: 'pdsUrl',
    state: 'active',
    appPassword: 'right',
    expect: 'connected',
    note: 'An account in good order: it signs in, proves that it can post and is connected.',
  },
  {
    handle: 'wrong-password.test',
    on: 'pdsUrl',
    state: 'active',
    appPassword: 'wrong',
    expect: 'bad_credentials',
    note: 'The account is fine, but the app password is not one of its own.',
  },
  {
    handle: 'deactivated.test',
    on: 'pdsUrl',
    state: 'deactivated',
    appPassword: 'right',
    expect: 'account_deactivated',
    note: 'The owner has paused the account: it still signs in, but it cannot post.',
  },
  {
    handle: 'taken-down.test',
    on: 'pdsUrl',
    state: 'taken down',
    appPassword: 'right',
    // To an app password, the server says nothing more than that it is wrong.
    expect: 'bad_credentials',
    note: 'Moderators have suspended the account; the server answers as if the app password were wrong.',
  },
  {
    handle: 'elsewhere.other.test',
    on: 'otherPdsUrl',
    state: 'active',
    appPassword: 'right',
    // The server signed in to does not know the account, and answers as it answers to a wrong password.
    expect: 'bad_credentials',
    note: 'The account lives on the second PDS, but the Service URL names the first, which does not know it.',
  },
]

// Any value of the right shape that no server has given out.
const wrongAppPassword = 'aaaa-bbbb-cccc-dddd'
const answerTimeoutMs = 10_000

/** The environment that points the program at the local network. */
export const demoEnv = (pds: PdsNetwork): Record<string, string> => ({
  BLUESKY_SERVICE_URL: pds.pdsUrl,
  ALLOW_PRIVATE_NETWORK: 'true',
  PLC_DIRECTORY_URL: pds.plcUrl,
  HANDLE_RESOLVER_URL: pds.handleResolverUrl,
})

const readDemo = async (file: string): Promise<Demo | undefined> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Demo
  } catch {
    return undefined
  }
}

// Main passwords are kept nowhere: whoever has the key of the PDS can work them out again, and nobody else.
const mainPassword = (pds: PdsNetwork, handle: string) =>
  createHmac('sha256', pds.adminPassword).update(handle).digest('base64url')

type OnServer = Account & { status?: string | undefined }

const signInOrCreate = async (pds: PdsNetwork, { handle, on }: Recipe): Promise<OnServer> => {
  const pdsUrl = pds[on]
  const password = mainPassword(pds, handle)
  let session = await signIn(pdsUrl, handle, password)
  if (session?.status === 'takendown') {
    // Nothing about its app passwords can be asked or changed in between.
    await restore(pds, { did: session.did, pdsUrl })
    session = await signIn(pdsUrl, handle, password)
  }
  return session ? { ...session, pdsUrl, handle, password } : createAccount(pdsUrl, { handle, password })
}

const prepareAccount = async (pds: PdsNetwork, recipe: Recipe, known: string | undefined): Promise<DemoAccount> => {
  const account = await signInOrCreate(pds, recipe)
  const rightAppPassword = async () =>
    known && (await signIn(account.pdsUrl, account.handle, known)) ? known : createAppPassword(account)
  const appPassword = recipe.appPassword === 'right' ? await rightAppPassword() : wrongAppPassword
  if (recipe.state === 'deactivated' && account.status !== 'deactivated') await deactivate(account)
  if (recipe.state === 'taken down') await takeDown(pds, account)
  return { identifier: recipe.handle, appPassword, expect: recipe.expect, note: recipe.note }
}

const authPost = (apiUrl: string, action: 'sign-up' | 'sign-in', body: object) =>
  fetch(new URL(`/api/auth/${action}/email`, apiUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: apiUrl },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(answerTimeoutMs),
  })

const prepareUser = async (apiUrl: string, known: Person | undefined): Promise<Person> => {
  if (known && (await authPost(apiUrl, 'sign-in', known)).ok) return known
  // A database that outlived its demo.json may hold a user of the first address whose password nobody knows any more.
  let refused: number | undefined
  for (const email of ['demo@example.com', `demo-${randomBytes(3).toString('hex')}@example.com`]) {
    const user = { email, password: randomBytes(9).toString('base64url') }
    const answer = await authPost(apiUrl, 'sign-up', { ...user, name: 'Demo user' })
    if (answer.ok) return user
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
  print?: (text: string) => void
}): Promise<Demo> => {
  const { apiUrl, pds, runtimeDir, admin, print = console.log } = options
  const file = path.join(runtimeDir, 'demo.json')
  const before = await readDemo(file)
  const knownAppPassword = (recipe: Recipe) =>
    before?.accounts.find(({ identifier }) => identifier === recipe.handle)?.appPassword
  const [user, ...accounts] = await Promise.all([
    prepareUser(apiUrl, before?.user),
    ...recipes.map((recipe) => prepareAccount(pds, recipe, knownAppPassword(recipe))),
  ])
  const demo: Demo = { url: apiUrl, pdsUrl: pds.pdsUrl, otherPdsUrl: pds.otherPdsUrl, admin, user, accounts }
  await writePrivateFile(file, `${JSON.stringify(demo, undefined, 2)}\n`)
  print(describeDemo(demo))
  return demo
}
