// Each process has only the secrets that it uses: looked up in what the supervisor really gave it, whatever the shell had set.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { newSealingKeys } from '../../services/cli/settings.ts'
import { socketDirFor } from '../../services/paths.ts'
import { freePort } from '../../services/processes/ports.ts'

const root = resolve(import.meta.dirname, '../..')
const name = `t${randomBytes(6).toString('hex')}`
const stores = inject('stores')
const PARTS = ['src', 'workers', 'services', 'package.json', 'package-lock.json', 'vite.config.ts', '.env.example']
const secrets = {
  ...newSealingKeys(),
  AUTH_SECRET: randomBytes(36).toString('base64'),
  ADMIN_EMAIL: 'admin@example.com',
  ADMIN_PASSWORD: randomBytes(15).toString('base64url'),
  SMTP_URL: `smtp://connect:${randomBytes(12).toString('hex')}@127.0.0.1:25`,
}

/** A checkout of its own, which has a supervisor and a `.env` of its own. */
let checkout: string
let given: Record<string, string>
let environments: Map<string, string>

const run = (args: string[], env: Record<string, string>) =>
  promisify(execFile)(process.execPath, ['services/cli/cli.ts', ...args], {
    cwd: checkout,
    env: { ...ofShell, ...env },
    timeout: 110_000,
  })

const ofShell = Object.fromEntries(
  Object.entries(process.env).filter(([key]) => key !== 'NODE_ENV' && !key.startsWith('VITEST')),
)

/** By the name of the program; the supervisor is `pm2`. */
async function readEnvironments(): Promise<Map<string, string>> {
  const home = join(socketDirFor(checkout), 'pm2')
  const files = (await readdir(join(home, 'pids'))).map((file) => join(home, 'pids', file))
  const found = new Map<string, string>()
  for (const file of [...files, join(home, 'pm2.pid')]) {
    const pid = (await readFile(file, 'utf8')).trim()
    found.set(basename(file).replace(/(-\d+)?\.pid$/, ''), await readFile(`/proc/${pid}/environ`, 'utf8'))
  }
  return found
}

describe.skipIf(!existsSync('/proc/self/environ'))('what service.sh starts', () => {
  beforeAll(async () => {
    checkout = await mkdtemp(join(tmpdir(), 'least-secrets-'))
    for (const part of PARTS) await cp(join(root, part), join(checkout, part), { recursive: true })
    await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'))
    // The pages play no part here, and take long to build.
    await mkdir(join(checkout, 'dist/web/assets'), { recursive: true })
    await writeFile(join(checkout, 'dist/web/index.html'), '')
    given = {
      ...secrets,
      MONGODB_URL: stores.mongoUrl.replace(/\/[^/]*$/, `/${name}`),
      REDIS_URL: stores.redisUrl,
      QUEUE_PREFIX: name,
      MAIL_FROM: 'connect@example.com',
      PORT: String(await freePort()),
      // The test runner sets one.
      BASE_URL: '',
    }
    await run(['start'], given)
    environments = await readEnvironments()
  }, 110_000)
  afterAll(async () => {
    await run(['stop'], {})
    await rm(checkout, { recursive: true, force: true })
  })

  /** Which of the secrets are in there, whatever they are called there. */
  const secretsOf = (program: string) => {
    const environment = environments.get(program) ?? ''
    expect(environment).toContain('PATH=')
    return Object.keys(secrets).filter((secret) => environment.includes(secrets[secret as keyof typeof secrets]))
  }
  const OF_API = ['SEALING_KEY', 'AUTH_SECRET', 'ADMIN_EMAIL', 'ADMIN_PASSWORD']
  const OF_WORKERS = ['SEALING_KEY', 'UNSEALING_KEYS', 'SMTP_URL']

  test('the API has no key that opens, and a worker nothing of the front door', () => {
    expect(secretsOf('api')).toEqual(OF_API)
    expect(secretsOf('connect')).toEqual(OF_WORKERS)
    expect(secretsOf('verify')).toEqual(OF_WORKERS)
  })
  test('the supervisor itself was started without any', () => {
    expect(secretsOf('pm2')).toEqual([])
  })
  test('a restart gives no more', async () => {
    await run(['restart', 'api', 'connect'], given)
    environments = await readEnvironments()
    expect(secretsOf('api')).toEqual(OF_API)
    expect(secretsOf('connect')).toEqual(OF_WORKERS)
  })
})
