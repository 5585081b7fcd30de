// Starts what all tests share: MongoDB, Redis and a network of two real PDSs, each test file with its own part of them.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ProvidedContext } from 'vitest'
import type { TestProject } from 'vitest/node'
import type { PdsNetwork } from '../services/demo/pds.ts'
import { runPdsArgs } from '../services/processes/programs.ts'
import { startStores, type Stores } from './helpers/stores.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    stores: Pick<Stores, 'mongoUrl' | 'redisUrl' | 'kind'>
    pds: PdsNetwork
  }
}

/** As JSON what another run of this set-up has provided: a run over many mutants starts them once for all. */
const PROVIDED = 'TEST_PROVIDED'

export default async function setup(project: Pick<TestProject, 'provide'>) {
  const provided = process.env[PROVIDED]
  if (provided) {
    const { stores, pds } = JSON.parse(provided) as Pick<ProvidedContext, 'stores' | 'pds'>
    project.provide('stores', stores)
    project.provide('pds', pds)
    return
  }
  const dir = await mkdtemp(join(tmpdir(), 'bluesky-connect-test-'))
  const [stores, pds] = await Promise.all([startStores(dir), startPdsProcess()])
  const { mongoUrl, redisUrl, kind } = stores
  project.provide('stores', { mongoUrl, redisUrl, kind })
  project.provide('pds', pds.network)
  return async () => {
    await Promise.all([stores.stop(), pds.stop()])
    await rm(dir, { recursive: true, force: true })
  }
}

/** In a process of its own, so that the test runner's work does not slow its answers; it ends with this one. */
async function startPdsProcess() {
  const child = spawn(process.execPath, runPdsArgs, {
    env: { ...process.env, EXIT_WITH_PARENT: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  const network = await new Promise<PdsNetwork>((resolve, reject) => {
    lines.once('line', (line) => resolve(JSON.parse(line) as PdsNetwork))
    child.once('exit', (code) => reject(new Error(`the PDS ended with ${code} before it was ready`)))
  })
  return {
    network,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.stdin.end()
      await ended
    },
  }
}
