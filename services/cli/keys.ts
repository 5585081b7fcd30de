// `service.sh keys`: what the sealing keys still open, and a new key in the place of the old one while everything runs.
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { ServiceError } from '../errors.ts'
import { projectDir } from '../paths.ts'
import { writePrivateFile } from '../private-file.ts'
import type { AppName } from '../processes/programs.ts'
import { listProcesses } from '../processes/supervisor.ts'
import { run } from '../run.ts'
import { say } from '../say.ts'
import { newSealingKeys, readSettings } from './settings.ts'
import { restart } from './restart.ts'
import { withStores } from './with-stores.ts'

const envFile = path.join(projectDir, '.env')
const WORKERS: AppName[] = ['connect', 'verify', 'check']

/** @returns its exit code */
export async function runKeys(args: string[]): Promise<number> {
  const settings = readSettings(await listProcesses())
  return withStores(settings, async ({ env }) => {
    const { code } = await run(process.execPath, ['workers/keys.ts', ...args], { cwd: projectDir, env, onLine: say })
    return code
  })
}

/**
 * Each step leaves all processes able to open what any of them seals: every worker has the new key before one seals with
 * it. Broken off anywhere, it goes on from there.
 */
export async function rotateKeys(args: string[]): Promise<number> {
  if ((await listProcesses()).length === 0) throw new ServiceError('Nothing is running. ./service.sh start starts it.')
  const before = await readEnvFile()
  const added = withNewKey(before)
  if (added === null) say('There is a newer key beside the old one already: going on with it.')
  else await writePrivateFile(envFile, added)
  const text = added ?? before
  const sealing = withNewestSealing(text)
  if (sealing !== text) {
    await restart(WORKERS)
    await writePrivateFile(envFile, sealing)
  }
  await restart([...WORKERS, 'api'])
  const code = await runKeys(['rotate', ...args])
  if (code === 0) say('To take it out: delete it from UNSEALING_KEYS in .env, then ./service.sh restart.')
  return code
}

async function readEnvFile(): Promise<string> {
  const text = await readFile(envFile, 'utf8').catch(() => '')
  const values = parseEnv(text)
  for (const name of ['SEALING_KEY', 'UNSEALING_KEYS']) {
    if (!values[name] || process.env[name] || process.env[`${name}_FILE`])
      throw new ServiceError(
        `${name} does not come from .env here, so it cannot be changed there: docs/keys.md has the steps by hand.`,
      )
  }
  return text
}

/** @returns null when there are several already: the last one is on its way in */
export function withNewKey(text: string): string | null {
  const { UNSEALING_KEYS: keys = '' } = parseEnv(text)
  const ids = keys.split(',').map((key) => key.trim().split(':')[0])
  if (ids.length > 1) return null
  const number = Number(/\d+$/.exec(ids[0] ?? '')?.[0] ?? 1) + 1
  return withValue(text, 'UNSEALING_KEYS', `${keys.trim()},${newSealingKeys(`k${number}`).UNSEALING_KEYS}`)
}

/** With the public half of the last of UNSEALING_KEYS as SEALING_KEY. */
export function withNewestSealing(text: string): string {
  const { UNSEALING_KEYS: keys = '', SEALING_KEY: sealing = '' } = parseEnv(text)
  const [id = '', privateHalf = ''] = keys.split(',').at(-1)?.trim().split(':') ?? []
  const key = createPrivateKey({ key: Buffer.from(privateHalf, 'base64'), format: 'der', type: 'pkcs8' })
  const publicHalf = createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64')
  const value = `${id}:${publicHalf}`
  return sealing.trim() === value ? text : withValue(text, 'SEALING_KEY', value)
}

function withValue(text: string, name: string, value: string): string {
  const line = new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=.*$`, 'gm')
  return text.replace(line, () => `${name}=${value}`)
}
