// Pairs of sealing keys for tests, and the program that works with them.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { newSealingKeys } from '../../services/cli/settings.ts'

export type KeyPair = {
  SEALING_KEY: string
  UNSEALING_KEYS: string
}

export const newKeys = (id: string): KeyPair => newSealingKeys(id)

/** Seals with the newest, opens what any of them sealed. */
export const allOf = (...pairs: KeyPair[]): KeyPair => ({
  SEALING_KEY: pairs.at(-1)?.SEALING_KEY ?? '',
  UNSEALING_KEYS: pairs.map(({ UNSEALING_KEYS }) => UNSEALING_KEYS).join(','),
})

export interface Ran {
  code: number | null
  /** what it said on both */
  said: string
}

/** A program of `src/` or `workers/` as a process of its own. */
export function startNode(args: string[], env: Record<string, string>): { child: ChildProcess; ended: Promise<Ran> } {
  const [script = '', ...more] = args
  const child = spawn(process.execPath, [join(import.meta.dirname, '../..', script), ...more], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // One that starts where it should not must not be left behind.
    timeout: 100_000,
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text))
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, said })) }
}

export const runNode = (args: string[], env: Record<string, string>) => startNode(args, env).ended
