// The variables of the environment before they are read: which kind of process gets which, and those that come as files. Imports no package.
import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

export type ProcessKind = 'api' | 'worker'

/** What one kind of process alone has to know: the other is not given it, and does not read it. */
export const ownVariables = {
  api: ['AUTH_SECRET', 'ADMIN_EMAIL', 'ADMIN_PASSWORD'],
  worker: ['UNSEALING_KEYS', 'SMTP_URL'],
} as const satisfies Record<ProcessKind, string[]>

/** Each can be given as a file too, whose path is in the variable of this name with `_FILE`. */
export const secretVariables = [
  'MONGODB_URL',
  'REDIS_URL',
  'AUTH_SECRET',
  'ADMIN_PASSWORD',
  'SEALING_KEY',
  'UNSEALING_KEYS',
  'SMTP_URL',
] as const

export type Env = Record<string, string | undefined>

const isSet = (value: string | undefined) => value !== undefined && value.trim() !== ''

/** `env` without what is not set, and with the contents of the files that `_FILE` variables name. */
export function withSecretFiles(env: Env): { given: Env; mistakes: string[] } {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => isSet(value)))
  const mistakes: string[] = []
  for (const name of secretVariables) {
    const file = given[`${name}_FILE`]
    if (file === undefined) continue
    if (given[name] !== undefined) {
      mistakes.push(`${name} and ${name}_FILE are both set: expected one of them`)
      continue
    }
    try {
      const text = readFileSync(file.trim(), 'utf8').replace(/\r?\n$/, '')
      if (isSet(text)) given[name] = text
      else mistakes.push(`${name}_FILE is not usable: the file is empty`)
    } catch (error) {
      mistakes.push(`${name}_FILE cannot be read (${(error as NodeJS.ErrnoException).code})`)
    }
  }
  return { given, mistakes }
}

/** Nothing of what that kind of process alone has to know. */
export const without = (kind: ProcessKind, env: Env): Env => {
  const names = ownVariables[kind].flatMap((name) => [name, `${name}_FILE`])
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)))
}

/** The environment, with `.env` of the working directory, if there is one, beneath it; nothing of what only the others have to know. */
export function loadEnvironment(kind: ProcessKind): Env {
  const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {}
  const env = without(kind === 'api' ? 'worker' : 'api', { ...file, ...process.env })
  // Libraries ask the environment, NODE_ENV for one.
  Object.assign(process.env, env)
  return env
}
