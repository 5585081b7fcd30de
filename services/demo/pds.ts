// A small AT Protocol network on loopback: a real PLC directory and two real PDSs in it.
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PDS } from '@atproto/pds'
import { isValidDid, isValidHandle } from '@atproto/syntax'
import { withDemoFront } from './front.ts'
import type { Mailbox } from './mailbox.ts'
import { createPlc } from './plc.ts'
import { writePrivateFile } from '../private-file.ts'

/** What others need to know of a running network; `adminPassword` opens the admin calls of both PDSs. */
export type PdsNetwork = {
  plcUrl: string
  pdsUrl: string
  otherPdsUrl: string
  handleResolverUrl: string
  adminPassword: string
  /** of the demo */
  mailbox?: Mailbox
}

export type StartedPds = PdsNetwork & { stop(): Promise<void> }

type PdsOptions = {
  plcPort?: number
  pdsPort?: number
  otherPdsPort?: number
  /** Keeps accounts, identities and keys over a restart; without it a temporary folder is used and removed by `stop`. */
  dataDir?: string
  /** The login and write limits of a real server; off by default, as on a PDS without configuration. */
  rateLimits?: boolean
  /** Puts the demo's front before the first PDS. */
  front?: boolean
}

type Ports = { plc: number; pds: number; otherPds: number }
type PdsKeys = { jwtSecret: string; plcRotationKey: string }
type Kept = { ports: Ports; adminPassword: string; pds: PdsKeys; otherPds: PdsKeys }

const stopGraceMs = 2_000
// As the PDS itself does: with Node's 5 s an idle client's next request can meet a closing connection.
const keepAliveMs = 90_000

const secret = () => randomBytes(32).toString('hex')
const newKeys = (): PdsKeys => ({ jwtSecret: secret(), plcRotationKey: secret() })

const listen = async (port: number) => {
  let handler: RequestListener = (_request, response) => void response.writeHead(503).end()
  const server = createServer((request, response) => handler(request, response))
  server.keepAliveTimeout = keepAliveMs
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE') return reject(cause)
      reject(new Error(`Port ${port} of 127.0.0.1 is in use by another program`, { cause }))
    })
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    serve: (next: RequestListener) => {
      handler = next
    },
    close: async () => {
      const force = setTimeout(() => server.closeAllConnections(), stopGraceMs)
      await new Promise((resolve) => server.close(resolve))
      clearTimeout(force)
    },
  }
}

const readKept = async (file: string): Promise<Kept | undefined> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Kept
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`Cannot read ${file}. Remove its folder to start the demo PDS afresh.`, { cause: error })
  }
}

type Shared = { plcUrl: string; adminPassword: string; domains: string[]; rateLimits: boolean }

const createPds = async (dir: string, port: number, keys: PdsKeys, shared: Shared) => {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  return PDS.fromEnv({
    devMode: true,
    port,
    // Two servers on one host name need two names, or a token of one would be meant for the other too.
    serviceDid: `did:web:localhost%3A${port}`,
    dataDirectory: dir,
    blobstoreDiskLocation: path.join(dir, 'blobs'),
    didPlcUrl: shared.plcUrl,
    serviceHandleDomains: shared.domains,
    inviteRequired: false,
    rateLimitsEnabled: shared.rateLimits,
    disableSsrfProtection: true,
    adminPassword: shared.adminPassword,
    jwtSecret: keys.jwtSecret,
    plcRotationKeyK256PrivateKeyHex: keys.plcRotationKey,
  })
}

const handleAskedFor = (request: IncomingMessage) => {
  const url = URL.parse(request.url ?? '/', 'http://localhost')
  return url?.pathname === '/xrpc/com.atproto.identity.resolveHandle' ? url.searchParams.get('handle') : null
}

// A PDS answers for the handles it hosts and asks DNS for the rest, where `.test` cannot be: the PDS that hosts the handle answers instead.
const answer = (self: PDS, other: PDS) => (request: IncomingMessage, response: ServerResponse) => {
  const handle = handleAskedFor(request)?.toLowerCase()
  if (!handle || !isValidHandle(handle)) return void self.app(request, response)
  const hosts = async (pds: PDS) => Boolean(await pds.ctx.accountManager.getAccount(handle))
  const choose = async () => ((await hosts(self)) || !(await hosts(other)) ? self : other)
  choose().then(
    (pds) => pds.app(request, response),
    () => response.writeHead(500).end(),
  )
}

const openServers = async (wanted: Partial<Ports>, closers: Array<() => Promise<unknown>>) => {
  const open = async (port: number | undefined) => {
    const server = await listen(port ?? 0)
    closers.push(server.close)
    return server
  }
  return { plc: await open(wanted.plc), pds: await open(wanted.pds), otherPds: await open(wanted.otherPds) }
}

/**
 * Starts a PLC directory and two PDSs that accept new accounts without invitation or e-mail. Handles end in `.test` on
 * both; the second also has `.other.test`. Either resolves the handles of both.
 *
 * @example const pds = await startPds(); try { … } finally { await pds.stop() }
 */
export const startPds = async (options: PdsOptions = {}): Promise<StartedPds> => {
  const dir = options.dataDir ? path.resolve(options.dataDir) : await mkdtemp(path.join(tmpdir(), 'pds-'))
  const file = (name: string) => path.join(dir, name)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const servers: Array<() => Promise<unknown>> = []
  const stores: Array<() => Promise<unknown>> = []
  const stop = async () => {
    await Promise.all(servers.splice(0).map((close) => close()))
    await Promise.all(stores.splice(0).map((close) => close()))
    if (!options.dataDir) await rm(dir, { recursive: true, force: true })
  }
  try {
    let kept = await readKept(file('network.json'))
    const wanted = { plc: options.plcPort, pds: options.pdsPort, otherPds: options.otherPdsPort }
    const opened = await openServers(
      {
        plc: wanted.plc || kept?.ports.plc || 0,
        pds: wanted.pds || kept?.ports.pds || 0,
        otherPds: wanted.otherPds || kept?.ports.otherPds || 0,
      },
      servers,
    )
    const ports: Ports = { plc: opened.plc.port, pds: opened.pds.port, otherPds: opened.otherPds.port }

    // Every identity names the address of its PDS, so accounts of other addresses would be of no use.
    if (kept && JSON.stringify(kept.ports) !== JSON.stringify(ports)) {
      const owned = ['network.json', 'plc.jsonl', 'pds', 'other-pds']
      await Promise.all(owned.map((name) => rm(file(name), { recursive: true, force: true })))
      kept = undefined
    }
    kept ??= { ports, adminPassword: secret(), pds: newKeys(), otherPds: newKeys() }
    await writePrivateFile(file('network.json'), JSON.stringify(kept))

    opened.plc.serve(await createPlc(options.dataDir && file('plc.jsonl')))
    const plcUrl = `http://localhost:${ports.plc}`
    const open = async (name: string, port: number, keys: PdsKeys, domains: string[]) => {
      const pds = await createPds(file(name), port, keys, {
        plcUrl,
        adminPassword: kept.adminPassword,
        domains,
        rateLimits: options.rateLimits ?? false,
      })
      stores.push(() => pds.destroy())
      await pds.ctx.sequencer.start()
      return pds
    }
    const pds = await open('pds', ports.pds, kept.pds, ['.test'])
    const otherPds = await open('other-pds', ports.otherPds, kept.otherPds, ['.other.test', '.test'])
    const { accountManager } = pds.ctx
    const front = {
      handleOf: async (did: string) => (isValidDid(did) && (await accountManager.getAccount(did))?.handle) || undefined,
      didOf: async (handle: string) =>
        (isValidHandle(handle) && (await accountManager.getAccount(handle))?.did) || undefined,
      rename: async (handle: string, to: string) => {
        const did = await front.didOf(handle)
        if (did) await accountManager.updateHandle(did, to, { allowAnyValid: true })
      },
    }
    opened.pds.serve(options.front ? withDemoFront(answer(pds, otherPds), front) : answer(pds, otherPds))
    opened.otherPds.serve(answer(otherPds, pds))

    const pdsUrl = `http://localhost:${ports.pds}`
    return {
      plcUrl,
      pdsUrl,
      otherPdsUrl: `http://localhost:${ports.otherPds}`,
      handleResolverUrl: pdsUrl,
      adminPassword: kept.adminPassword,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Reads what `run-pds.ts` writes for its caller. */
export const readPdsNetwork = async (file: string): Promise<PdsNetwork> =>
  JSON.parse(await readFile(file, 'utf8')) as PdsNetwork
