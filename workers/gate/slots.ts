// The bulkhead: how many calls this process has out at each server, and jobs for each user, so that none of them holds every job of the process.

/** A call that took longer is no reason to wait for the next one in memory. */
const SWIFT_MS = 2_000
/** A parked job that was called and is not here by then was taken by another process. */
const CALL_MS = 1_000
const MOST_PARKED = 10_000

export interface Limits {
  /** slots of a server that answers */
  proven: number
  /** of one that has not answered yet, or keeps silent */
  unproven: number
  /** where answers come within that, jobs wait for a slot in memory; where they do not, they go back into the queue */
  patienceMs: number
  /** so long it is remembered of a server that it answered */
  provenForMs: number
}

/** Or a user, in whose place jobs end instead of calls. */
interface Server {
  out: number
  proven: boolean
  /** the server that most go to: worth waiting for in memory before it has answered */
  isServiceUrl: boolean
  /** when it last answered in time, or a call began while none was out */
  aliveAt: number
  /** in memory, longest first: told when they get a slot, or null */
  waiting: ((slotAt: number | null) => void)[]
  patience?: NodeJS.Timeout
  /** in the queue, longest first */
  parked: { call: () => void; comesAt: number }[]
  /** when those of them were called that are not here yet */
  calledAt: number[]
}

export type Slots = ReturnType<typeof createSlots>

export function createSlots(limits: Limits) {
  const servers = new Map<string, Server>()
  const free = ({ proven, out }: Server) => Math.max(0, (proven ? limits.proven : limits.unproven) - out)
  const patienceEndsAt = ({ proven, isServiceUrl, aliveAt }: Server) =>
    aliveAt + (proven || isServiceUrl ? limits.patienceMs : 0)
  const isFull = (server: Server, now: number) => free(server) === 0 && now >= patienceEndsAt(server)

  function serverOf(key: string, now: number, isServiceUrl = false): Server {
    const known = servers.get(key)
    if (known) return known
    for (const [idle, server] of servers) if (server.out === 0) giveOut(idle, server, now)
    const server: Server = { out: 0, proven: false, isServiceUrl, aliveAt: now, waiting: [], parked: [], calledAt: [] }
    servers.set(key, server)
    return server
  }

  function giveOut(key: string, server: Server, now: number): void {
    for (const enter of server.waiting.splice(0, free(server))) {
      server.out++
      enter(now)
    }
    clearTimeout(server.patience)
    if (server.waiting.length > 0) {
      const giveUp = () => server.waiting.splice(0).forEach((enter) => enter(null))
      server.patience = setTimeout(giveUp, Math.max(0, patienceEndsAt(server) - now))
    }
    server.calledAt = server.calledAt.filter((at) => now - at < CALL_MS)
    while (server.parked[0] && server.parked[0].comesAt <= now) server.parked.shift()
    for (const { call } of server.parked.splice(0, Math.max(0, free(server) - server.calledAt.length))) {
      server.calledAt.push(now)
      call()
    }
    const idle = server.out === 0 && server.parked.length === 0
    if (idle && (!server.proven || now - server.aliveAt >= limits.provenForMs)) servers.delete(key)
  }

  return {
    /** @param key a server, for one queue @returns true: there is no slot, and none worth waiting for in memory */
    full(key: string, now: number): boolean {
      const server = servers.get(key)
      return server !== undefined && isFull(server, now)
    },

    anyFull: (now: number): boolean => [...servers.values()].some((server) => isFull(server, now)),

    /** @returns when it got a slot, which may take a moment; null: it got none */
    async take(key: string, now: number, isServiceUrl: boolean): Promise<number | null> {
      const server = serverOf(key, now, isServiceUrl)
      server.calledAt.shift()
      if (isFull(server, now)) return null
      if (server.out === 0 && server.proven) server.aliveAt = now
      const { promise, resolve } = Promise.withResolvers<number | null>()
      server.waiting.push(resolve)
      giveOut(key, server, now)
      return promise
    },

    /** @param answered what the server did; null when it was not asked */
    leave(key: string, answered: boolean | null, tookMs: number, now: number): void {
      const server = serverOf(key, now)
      server.out--
      if (answered !== null) server.proven = answered
      if (answered && tookMs < SWIFT_MS) server.aliveAt = now
      giveOut(key, server, now)
    },

    parked: (key: string): number => servers.get(key)?.parked.length ?? 0,

    /** Calls back as soon as there is a slot, or never. @param comesAt when it comes by itself */
    park(key: string, call: () => void, comesAt: number, now: number): void {
      const server = serverOf(key, now)
      if (server.parked.length < MOST_PARKED) server.parked.push({ call, comesAt })
      giveOut(key, server, now)
    },
  }
}
