// A checkout of its own, in which service.sh finds no processes, logs or .env but those that the test puts there.
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const PARTS = ['src', 'workers', 'services', 'package.json', 'package-lock.json', '.env.example']

export interface Ended {
  code: number
  stdout: string
  stderr: string
}

export interface Checkout {
  dir: string
  /** @param env in place of what the test runner has set */
  run(script: string, args: string[], env?: Record<string, string>): Promise<Ended>
  remove(): Promise<void>
}

/** The test runner has variables of its own, which are none of the program's. */
const shell = Object.fromEntries(
  ['PATH', 'HOME', 'TMPDIR', 'BLUESKY_CONNECT_CACHE', 'XDG_CACHE_HOME'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  }),
)

export async function makeCheckout(): Promise<Checkout> {
  const dir = await mkdtemp(join(tmpdir(), 'checkout-'))
  for (const part of PARTS) await cp(join(root, part), join(dir, part), { recursive: true })
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'))
  return {
    dir,
    run: (script, args, env = {}) =>
      new Promise((done) => {
        const options = { cwd: dir, env: { ...shell, ...env }, timeout: 85_000 }
        execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) =>
          done({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
        )
      }),
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}
