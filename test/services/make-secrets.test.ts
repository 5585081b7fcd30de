// The secrets for Docker Compose: made once, in a folder for nobody else, and taken by both kinds of process as they are.
import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { newSealingKeys } from '../../services/cli/settings.ts'
import { projectDir } from '../../services/paths.ts'
import { readApiConfig, readWorkerConfig } from '../../src/config.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'make-secrets-test-'))
  await mkdir(join(dir, 'deploy'))
  await cp(join(projectDir, 'deploy/make-secrets.sh'), join(dir, 'deploy/make-secrets.sh'))
  return () => rm(dir, { recursive: true })
})

const make = () => execFileSync('sh', [join(dir, 'deploy/make-secrets.sh')], { encoding: 'utf8' })
const file = (name: string) => join(dir, 'secrets', name)
const stores = () => ({ MONGODB_URL_FILE: file('mongodb_url'), REDIS_URL_FILE: file('redis_url') })
const ofApi = () =>
  readApiConfig({
    ...stores(),
    SEALING_KEY_FILE: file('sealing_key'),
    AUTH_SECRET_FILE: file('auth_secret'),
    ADMIN_EMAIL: 'admin@example.com',
    ADMIN_PASSWORD_FILE: file('admin_password'),
  })
const ofWorker = () =>
  readWorkerConfig({
    ...stores(),
    SEALING_KEY_FILE: file('sealing_key'),
    UNSEALING_KEYS_FILE: file('unsealing_keys'),
  })

test('the API and the workers take them, and the stores have passwords', async () => {
  make()
  expect(ofApi().mongo.url).toMatch(/^mongodb:\/\/bluesky-connect:[\da-f]{64}@mongo:27017\//)
  const { redis, sealingKey } = ofWorker()
  expect(sealingKey.id).toBe('k1')
  expect(await readFile(file('redis_conf'), 'utf8')).toBe(`requirepass ${redis.address.user.password}\n`)
})

test('nobody else may enter their folder', async () => {
  make()
  expect((await stat(join(dir, 'secrets'))).mode & 0o077).toBe(0)
})

test('a second run changes nothing', async () => {
  make()
  const read = async () =>
    Promise.all((await readdir(join(dir, 'secrets'))).map((name) => readFile(file(name), 'utf8')))
  const before = await read()
  expect(make()).toBe('')
  expect(await read()).toEqual(before)
})

test('what .env sets is taken', async () => {
  const keys = newSealingKeys('mine')
  const lines = { ...keys, AUTH_SECRET: 'abcdefghijklmn'.repeat(3), ADMIN_PASSWORD: 'made up for this' }
  await writeFile(
    join(dir, '.env'),
    Object.entries(lines)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  make()
  expect(ofApi()).toMatchObject({ authSecret: lines.AUTH_SECRET, firstAdmin: { password: lines.ADMIN_PASSWORD } })
  expect(ofWorker().unsealingKeys.map(({ id }) => id)).toEqual(['mine'])
})

test('where mails are handed in is a file too, which is empty until .env says it', async () => {
  make()
  expect(await readFile(file('smtp_url'), 'utf8')).toBe('')
  const address = 'smtps://connect:made-up@mail.example.com'
  await writeFile(join(dir, '.env'), `SMTP_URL=${address}\n`)
  make()
  expect(await readFile(file('smtp_url'), 'utf8')).toBe(`${address}\n`)
})
