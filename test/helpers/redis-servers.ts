// Redis servers of a test's own: alone, as replicas, under Sentinels, as a cluster.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { expect, onTestFinished } from 'vitest'
import { startChild, type Child } from '../../services/processes/child.ts'
import { freePort } from '../../services/processes/ports.ts'
import { bringRedis } from '../../services/stores/redis.ts'

export interface RedisServer {
  port: number
  /** without a login */
  client: Redis
  /** ends it as a power cut does; it starts again on what is on its disk */
  crash(): Promise<void>
  stop(): Promise<void>
}

const SLOTS = 16_384
const THIRD = Math.ceil(SLOTS / 3)
const AGAIN_MS = 200
const READY = { timeout: 60_000, interval: 50 }

/** Ends with the test, and before that is started again whenever it ends. @param lines of its configuration */
export async function startRedisServer(
  lines: string[] = [],
  { sentinel = false, login = {}, program = bringRedis(), within = tmpdir() } = {},
): Promise<RedisServer> {
  const dir = await mkdtemp(join(within, 'bluesky-connect-redis-'))
  const port = await freePort()
  const usual = sentinel ? [] : ['save ""', 'repl-diskless-sync-delay 0']
  const ports = lines.some((line) => line.startsWith('tls-port')) ? ['port 0'] : [`port ${port}`]
  const text = [...ports, 'bind 127.0.0.1', `dir ${dir}`, ...usual, ...lines]
    .join('\n')
    .replaceAll('PORT', String(port))
  await writeFile(join(dir, 'redis.conf'), text)
  const [command = '', ...args] = await program
  const end = sentinel ? ['--sentinel'] : []
  const start = () => startChild(command, [...args, join(dir, 'redis.conf'), ...end], { name: 'redis', log: () => {} })
  let child: Child = start()
  let isOver = false
  // As a supervisor would.
  const keep = async (): Promise<void> => {
    await child.ended
    if (!isOver) await sleep(AGAIN_MS)
    if (isOver) return
    child = start()
    return keep()
  }
  const keeping = keep()
  const client = new Redis({ port, ...login, maxRetriesPerRequest: 0, retryStrategy: () => 50 })
  client.on('error', () => {})
  const crash = async () => {
    process.kill(child.pid, 'SIGKILL')
    await child.ended
  }
  const stop = async () => {
    isOver = true
    client.disconnect()
    await child.stop()
    await keeping
    await rm(dir, { recursive: true, force: true })
  }
  onTestFinished(stop)
  if (ports[0] !== 'port 0') {
    await expect.poll(() => client.ping().catch(() => child.lastWords()), READY).toBe('PONG')
  }
  return { port, client, crash, stop }
}

/** A server that follows another, up to date. */
export async function startReplica({ port }: RedisServer): Promise<RedisServer> {
  const replica = await startRedisServer([`replicaof 127.0.0.1 ${port}`])
  await expect.poll(() => replica.client.info('replication'), READY).toContain('master_link_status:up')
  return replica
}

/** Three nodes that hold a third of the slots each. @param announced where it is reached from, instead of its own port */
export async function startCluster(
  announced: (port: number) => Promise<number> = async (port) => port,
): Promise<RedisServer[]> {
  const startNode = async (first: number) => {
    // By default ten thousand above its port, where there may be none.
    const busPort = await freePort()
    const settings = ['cluster-enabled yes', 'cluster-node-timeout 5000', `cluster-port ${busPort}`]
    const node = await startRedisServer(settings)
    await node.client.config('SET', 'cluster-announce-port', String(await announced(node.port)))
    await node.client.cluster('ADDSLOTSRANGE', first, Math.min(first + THIRD, SLOTS) - 1)
    return { ...node, busPort }
  }
  const nodes = await Promise.all([0, THIRD, 2 * THIRD].map(startNode))
  const [first, ...others] = nodes
  for (const { port, busPort } of others) {
    await first?.client.call('CLUSTER', 'MEET', '127.0.0.1', String(port), String(busPort))
  }
  for (const { client } of nodes) {
    await expect.poll(() => client.cluster('INFO'), READY).toMatch(/cluster_state:ok[^]*cluster_known_nodes:3/)
  }
  return nodes
}

/** A server, its replica, and a Sentinel that decides alone. */
export async function startSentinel(name: string, password: string) {
  const secret = [`requirepass ${password}`, `masterauth ${password}`]
  const login = { password }
  const master = await startRedisServer(secret, { login })
  const replica = await startRedisServer([...secret, `replicaof 127.0.0.1 ${master.port}`], { login })
  await expect.poll(() => replica.client.info('replication'), READY).toContain('master_link_status:up')
  const watching = [
    `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
    `sentinel auth-pass ${name} ${password}`,
    `sentinel down-after-milliseconds ${name} 1000`,
    `sentinel failover-timeout ${name} 5000`,
  ]
  const sentinel = await startRedisServer(watching, { sentinel: true })
  await expect.poll(() => sentinel.client.call('SENTINEL', 'replicas', name), READY).toHaveLength(1)
  return { master, replica, sentinel }
}
