// Throws generated requests at the whole API as a user and as an admin: no 5xx, no undocumented answer. Not part of the tests.
//   npm run fuzz -- [cases of each call, 100] [seed, 1]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { ADMIN_EMAIL, newLogin, PASSWORD, startGround, type User } from '../../bench/program.ts'
import { bring } from '../../services/bring/cache.ts'
import { ServiceError } from '../../services/errors.ts'
import { findProgram, mustRun } from '../../services/run.ts'
import type { Channel } from '../../src/contract.ts'

const VERSION = '4.32.5'
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'unsupported_method',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
]
const [cases = '100', seed = '1'] = process.argv.slice(2)

const python = findProgram('python3')
if (!python) throw new ServiceError('The fuzzer is a Python program: install Python 3.10 or newer with pip.')
const packages = await bring({
  name: `schemathesis-${VERSION}`,
  label: `Bringing schemathesis ${VERSION}`,
  needsMb: 200,
  async fill(dir) {
    const install = ['-m', 'pip', 'install', '--quiet', '--target', dir, `schemathesis==${VERSION}`]
    await mustRun('Installing schemathesis', python, install)
  },
})

const ground = await startGround()
try {
  const program = await ground.startProgram()
  await program.startWorker()
  const user = await program.signIn('sign-up/email', { email: 'user@example.com', password: PASSWORD, name: 'User' })
  const admin = await program.signIn('sign-in/email', { email: ADMIN_EMAIL, password: PASSWORD })
  for (const [role, who] of Object.entries({ user, admin })) {
    console.log(`\nAs ${role}:`)
    const code = await fuzz(program.baseUrl, who)
    if (code !== 0) process.exitCode = 1
  }
} finally {
  await ground.stop()
}

async function fuzz(baseUrl: string, { token, request }: User): Promise<number> {
  // Some that exist, or what begins with a channel would never be reached.
  const logins = await Promise.all([newLogin(ground.network), newLogin(ground.network)])
  const channels = logins.map((login) => request<Channel>('POST', '/api/channels/bluesky', login))
  const ids = (await Promise.all(channels)).map(({ id }) => id)
  const dir = await mkdtemp(join(tmpdir(), 'bluesky-connect-fuzz-'))
  const config = join(dir, 'schemathesis.toml')
  const exists = `[parameters]\n"path.id" = ${JSON.stringify(ids)}\n`
  // It would take them from all others.
  const remove = `[[operations]]\ninclude-method = "DELETE"\nparameters = { "path.id" = "${'0'.repeat(24)}" }\n`
  // Afterwards nobody would be signed in.
  const signOut = `[[operations]]\ninclude-operation-id = "signOut"\nenabled = false\n`
  await writeFile(config, exists + remove + signOut)
  const run = 'import sys; from schemathesis.cli import schemathesis; sys.argv[0] = "schemathesis"; schemathesis()'
  const options = {
    '--url': baseUrl,
    '--header': `Authorization: Bearer ${token}`,
    '--checks': CHECKS.join(','),
    // A stream has no end that could be checked.
    '--exclude-path': '/api/channels/events',
    '--max-examples': cases,
    '--seed': seed,
    '--request-timeout': '20',
  }
  const args = [
    '-c',
    run,
    '--config-file',
    config,
    'run',
    `${baseUrl}/api/openapi.json`,
    '--continue-on-failure',
    '--no-color',
  ]
  const child = spawn(python ?? '', [...args, ...Object.entries(options).flat()], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PYTHONPATH: [packages, process.env['PYTHONPATH']].filter(Boolean).join(delimiter) },
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  await rm(dir, { recursive: true })
  return code ?? 1
}
