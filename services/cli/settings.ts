// The settings of this checkout: `.env` beneath the real environment, and the secrets that must be in it.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { chmod, readFile, stat } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { type Env, withSecretFiles } from '../../src/environment.ts'
import { ServiceError } from '../errors.ts'
import { projectDir } from '../paths.ts'
import { writePrivateFile } from '../private-file.ts'
import { say } from '../say.ts'
import type { Process } from '../processes/supervisor.ts'

const envFile = path.join(projectDir, '.env')
const exampleFile = path.join(projectDir, '.env.example')

export type Settings = {
  get(name: string): string | undefined
  port: number
  baseUrl: string
  /** What the API and the workers find, where services found out `found`. */
  environment(found: Env): Env
}

/** @param running what runs already keeps what the shell that started it had set */
export function readSettings(running: Process[] = []): Settings {
  const fromFile = existsSync(envFile) ? parseEnv(readFileSync(envFile, 'utf8')) : {}
  const fromShells = { ...running.find(({ name }) => name === 'api')?.environment, ...withoutBlanks(process.env) }
  const { given: values, mistakes } = withSecretFiles({ ...fromFile, ...fromShells })
  if (mistakes.length > 0) throw new ServiceError(`The configuration has mistakes:\n  ${mistakes.join('\n  ')}`)
  const get = (name: string) => values[name]?.trim() || undefined
  const port = Number(get('PORT') ?? 3000)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new ServiceError(`PORT is "${get('PORT')}": it must be a whole number from 1 to 65535.`)
  }
  return {
    get,
    port,
    baseUrl: (get('BASE_URL') ?? `http://localhost:${port}`).replace(/\/+$/, ''),
    environment: (found) => ({ ...fromFile, ...found, ...fromShells }),
  }
}

const withoutBlanks = (env: Env) => Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()))

/** Makes `.env` with generated secrets, or adds those that an existing one lacks. What is set stays as it is. */
export async function completeEnvFile(): Promise<void> {
  const isNew = !existsSync(envFile)
  const before = isNew ? await readFile(exampleFile, 'utf8').catch(() => '') : await readFile(envFile, 'utf8')
  const { text, added } = withSecrets(before, process.env)
  if (isNew || added.length > 0) await writePrivateFile(envFile, text)
  else if ((await stat(envFile)).mode & 0o077) {
    await chmod(envFile, 0o600)
    say('.env was readable for others: it holds secrets, so now only you can read it.')
  }
  if (added.length > 0)
    say(`${isNew ? 'Made .env' : 'Completed .env'} (only you can read it). Generated: ${added.join(', ')}.`)
  if (added.includes('ADMIN_PASSWORD'))
    say('The first admin signs in with ADMIN_EMAIL and ADMIN_PASSWORD, which stand there.')
}

/** Fills in the secrets that neither `text` nor the environment sets: in place of an empty line of that name, else at the end. */
export function withSecrets(
  text: string,
  environment: Record<string, string | undefined>,
): { text: string; added: string[] } {
  const values: Record<string, string | undefined> = { ...parseEnv(text), ...environment }
  const isSet = (name: string) => [name, `${name}_FILE`].some((one) => values[one]?.trim())
  // Secrets that belong together are made together: half of a pair fits no other half.
  const missing = generators.flatMap((generate) => {
    const made = Object.entries(generate())
    return made.some(([name]) => isSet(name)) ? [] : made
  })
  let result = text
  for (const [name, value] of missing) {
    const line = `${name}=${value}`
    const unset = new RegExp(`^#?[ \\t]*${name}[ \\t]*=[ \\t]*(""|'')?[ \\t]*$`, 'm')
    if (unset.test(result)) result = result.replace(unset, () => line)
    else result = `${result}${result === '' || result.endsWith('\n') ? '' : '\n'}${line}\n`
  }
  return { text: result, added: missing.map(([name]) => name) }
}

/** A pair of keys: the public half seals, the private one unseals. */
export function newSealingKeys(id = 'k1') {
  const { publicKey, privateKey } = generateKeyPairSync('x25519', {
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  })
  return {
    SEALING_KEY: `${id}:${publicKey.toString('base64')}`,
    UNSEALING_KEYS: `${id}:${privateKey.toString('base64')}`,
  }
}

const generators: (() => Record<string, string>)[] = [
  newSealingKeys,
  () => ({ AUTH_SECRET: randomBytes(36).toString('base64') }),
  () => ({ ADMIN_EMAIL: 'admin@localhost.test' }),
  () => ({ ADMIN_PASSWORD: randomBytes(15).toString('base64url') }),
]
