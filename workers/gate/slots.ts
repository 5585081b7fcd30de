// How many calls this process has out at each server: one that hangs must not hold every slot.

/** Of the slots of a queue, for a server that has lately answered. */
const PROVEN_SHARE = 0.8
/** For a server that has not answered yet, or not for a while. */
const UNPROVEN = 3
const PROVEN_FOR_MS = 600_000
/** After that, somebody who was called into a free place has gone elsewhere. */
const CALL_MS = 1_000
const MOST_PARKED = 10_000
const MOST_KEPT = 1_000

interface Server {
  out: number
  answeredAt: number
  /** those who found no place, longest waiting first */
  parked: { call: () => void; comesAt: number }[]
  /** when those were called who are not here yet */
  calledAt: number[]
}

/** @param slots jobs that this process has in hand at once in one queue */
export function createPlaces(slots: number) {
  const servers = new Map<string, Server>()
  const proven = Math.max(1, Math.floor(slots * PROVEN_SHARE))
  const places = ({ answeredAt }: Server, at: number) =>
    at - answeredAt < PROVEN_FOR_MS ? proven : Math.min(UNPROVEN, proven)

  const isFull = (server: Server, at: Date) => server.out >= places(server, at.getTime())

  function serverOf(key: string): Server {
    const known = servers.get(key)
    if (known) return known
    if (servers.size >= MOST_KEPT) {
      for (const [name, { out, parked }] of servers) if (out === 0 && parked.length === 0) servers.delete(name)
    }
    const server = { out: 0, answeredAt: -Infinity, parked: [], calledAt: [] }
    servers.set(key, server)
    return server
  }

  /** Whoever came by itself is not waiting any more. */
  function stillParked(server: Server, at: number) {
    while (server.parked[0] && server.parked[0].comesAt <= at) server.parked.shift()
    return server.parked
  }

  function callNext(server: Server, at: number) {
    server.calledAt = server.calledAt.filter((time) => at - time < CALL_MS)
    for (let free = places(server, at) - server.out - server.calledAt.length; free > 0; free--) {
      const next = stillParked(server, at).shift()
      if (!next) return
      server.calledAt.push(at)
      next.call()
    }
  }

  return {
    full(key: string, at: Date): boolean {
      const server = servers.get(key)
      return server !== undefined && isFull(server, at)
    },

    anyFull: (at: Date): boolean => [...servers.values()].some((server) => isFull(server, at)),

    /** @param key a server, for one queue, by which slots are counted */
    take(key: string, at: Date): boolean {
      const server = serverOf(key)
      if (isFull(server, at)) return false
      server.out++
      server.calledAt.shift()
      return true
    },

    /** Gives the place back. @param answered what the server did with it; null when it was not asked */
    free(key: string, answered: boolean | null, at: Date): void {
      const server = serverOf(key)
      server.out--
      if (answered !== null) server.answeredAt = answered ? at.getTime() : -Infinity
      callNext(server, at.getTime())
    },

    /** How many wait for a place already. */
    waiting(key: string, at: Date): number {
      const server = servers.get(key)
      return server ? stillParked(server, at.getTime()).length : 0
    },

    /** Calls back as soon as there is a place, or never. @param comesAt when it comes by itself */
    park(key: string, call: () => void, comesAt: Date, at: Date): void {
      const server = serverOf(key)
      if (server.parked.length >= MOST_PARKED) server.parked.shift()
      server.parked.push({ call, comesAt: comesAt.getTime() })
      callNext(server, at.getTime())
    },
  }
}
