// The program for operators: who is administrator, making one, and a new password for whoever cannot sign in any more.
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { isAPIError } from 'better-auth/api'
import { createAuth, type Auth } from './auth.ts'
import { makePasswordLink } from './auth/links.ts'
import { asAppError } from './auth/problems.ts'
import { ConfigError, readApiConfig, type ApiConfig } from './config.ts'
import { begin, createLog, openStores, type Context } from './context.ts'
import type { AuditAction } from './contract.ts'
import { findAccount, listAdminAccounts, makeAdmin, type AccountDoc } from './db/accounts.ts'
import { addAudit } from './db/audit.ts'
import { markInvited } from './db/people.ts'
import { loadEnvironment } from './environment.ts'
import { AppError } from './errors.ts'
import { logConsole } from './process.ts'

const USAGE = `node src/admins.ts list                                 who is administrator
node src/admins.ts make EMAIL                           makes somebody administrator, with a link to a password where they are new
node src/admins.ts reset-password [EMAIL] [--password]  prints a link that sets a new password, once; or takes one from the standard input
                                                        (EMAIL: ADMIN_EMAIL, or the one administrator there is)`
const EX_USAGE = 64
const EX_CONFIG = 78
const STORES_MS = 10_000

interface Opened {
  context: Context<ApiConfig>
  auth: Auth
}
interface Given {
  email: string | undefined
  password: boolean
}

/** Its sentence is for the operator. */
class Refusal extends Error {}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

const note = ({ context }: Opened, action: AuditAction, whom: string, change: { from?: string; to?: string } = {}) =>
  addAudit(context.db, { at: new Date(), actor: 'command line', action, whom, requestId: randomUUID(), ...change })

async function list({ context }: Opened): Promise<void> {
  const admins = await listAdminAccounts(context.db)
  for (const { email, banned } of admins) say(banned ? `${email} (locked out)` : email)
  if (admins.length === 0) say('There is no administrator. ./service.sh admin make EMAIL makes one.')
}

const linkFor = ({ context, auth }: Opened, userId: string, kind: 'invitation' | 'password_link') =>
  makePasswordLink(context, auth, { userId, kind, requestId: randomUUID(), mailed: false })

async function make(opened: Opened, { email = '' }: Given): Promise<void> {
  const { context, auth } = opened
  const account = await findAccount(context.db, email)
  if (account) {
    await makeAdmin(context.db, account._id)
    await note(opened, 'role_changed', account.email, { from: account.role ?? 'user', to: 'admin' })
    return say(`${account.email} is administrator, and signs in as before.`)
  }
  const { user } = await auth.api.createUser({ body: { email, name: 'Administrator', role: 'admin' } })
  await markInvited(context.db, user.id, new Date())
  await note(opened, 'user_created', user.email, { to: 'admin' })
  const { link } = await linkFor(opened, user.id, 'invitation')
  say(`${user.email} is administrator. This link sets the password, once, within seven days:\n${link}`)
}

/** @throws Refusal */
async function meant({ context }: Opened, email: string | undefined): Promise<AccountDoc> {
  const { db, config } = context
  if (email !== undefined) {
    const account = await findAccount(db, email)
    if (account) return account
    throw new Refusal(`Nobody has an account with ${email}. ./service.sh admin make ${email} makes one.`)
  }
  const admins = await listAdminAccounts(db)
  const first = admins.find((admin) => admin.email === config.firstAdmin?.email.toLowerCase())
  const [only, ...others] = admins
  if (first ?? (only && others.length === 0)) return (first ?? only) as AccountDoc
  throw new Refusal(
    only
      ? `There are several administrators: say which. ${admins.map((admin) => admin.email).join(', ')}`
      : 'There is no administrator. ./service.sh admin make EMAIL makes one.',
  )
}

async function resetPassword(opened: Opened, given: Given): Promise<void> {
  const account = await meant(opened, given.email)
  const newPassword = given.password ? await readPassword() : null
  const { link } = await linkFor(opened, account._id.toHexString(), 'password_link')
  if (newPassword === null) {
    await note(opened, 'password_link_made', account.email)
    say(`This link sets a new password for ${account.email}, once, within a day:\n${link}`)
  } else {
    // By the link, so that every rule for passwords holds, and every session ends.
    await opened.auth.api.resetPassword({ body: { newPassword, token: new URL(link).hash.slice(1) } })
    await note(opened, 'password_set', account.email)
    say(`${account.email} has a new password, and was signed out everywhere.`)
  }
  if (account.banned)
    say(
      `${account.email} is locked out all the same: ./service.sh admin make ${account.email} lets an administrator in again.`,
    )
}

/** Never an argument, which others on the machine could read. */
async function readPassword(): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, '')
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const asking = createInterface({ input: process.stdin, output, terminal: true })
  process.stderr.write('New password (it is not shown): ')
  try {
    return await asking.question('')
  } finally {
    process.stderr.write('\n')
    asking.close()
  }
}

async function open(): Promise<Opened> {
  const config = readApiConfig(loadEnvironment('api'))
  // What it has to say, it says itself.
  const log = createLog('silent', 'admins')
  logConsole(log)
  const context = await openStores(config, log, begin(config, log), STORES_MS)
  return { context, auth: createAuth(context) }
}

function readArguments() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { password: { type: 'boolean' } } })
  const [name = '', email, ...more] = positionals
  const command = { list, make, 'reset-password': resetPassword }[name]
  const isWrong =
    !command ||
    more.length > 0 ||
    (command === list && email !== undefined) ||
    (command === make && email === undefined) ||
    (values.password && command !== resetPassword)
  if (isWrong) throw new Error('there is no such command')
  return { command, given: { email, password: values.password ?? false } }
}

async function main(): Promise<number> {
  let asked: ReturnType<typeof readArguments>
  try {
    asked = readArguments()
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`)
    return EX_USAGE
  }
  try {
    const opened = await open()
    try {
      await asked.command(opened, asked.given)
      return 0
    } finally {
      await opened.context.close()
    }
  } catch (error) {
    const told = isAPIError(error) ? asAppError(error) : error
    const isExpected = told instanceof Refusal || told instanceof AppError || told instanceof ConfigError
    process.stderr.write(`${isExpected ? told.message : String((told as Error).stack ?? told)}\n`)
    return told instanceof ConfigError ? EX_CONFIG : 1
  }
}

process.exitCode = await main()
