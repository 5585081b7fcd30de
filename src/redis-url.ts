// Reads REDIS_URL: one server, a socket, several Sentinels, or the nodes of a cluster.

export interface RedisAddress {
  kind: 'server' | 'socket' | 'sentinel' | 'cluster'
  /** one server; all Sentinels; nodes of a cluster that tell of the others */
  hosts: { host: string; port: number }[]
  /** of a socket */
  path: string
  /** what Sentinel knows the servers by */
  master: string
  tls: boolean
  db: number
  user: Login
  /** where Sentinels ask for one of their own */
  sentinelUser: Login
}

interface Login {
  username?: string
  password?: string
}

const SHAPE = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?#]*)@)?([^@/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/
const HOST = /^(?:\[([\da-f:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/i

/** @returns null for what is no such address */
export function parseRedisUrl(text: string): RedisAddress | null {
  try {
    return text.startsWith('/') ? readSocket(text) : readUrl(text)
  } catch {
    // A % that begins no character.
    return null
  }
}

const nobody = { user: {}, sentinelUser: {}, tls: false, hosts: [], path: '', master: '' }

function readSocket(text: string): RedisAddress | null {
  const [path = '', query] = text.split('?')
  const more = readQuery(query, ['db', 'username', 'password'])
  const db = readDb(more?.['db'])
  if (!more || db === null) return null
  return { ...nobody, kind: 'socket', path, db, user: loginOf(more['username'], more['password']) }
}

function readUrl(text: string): RedisAddress | null {
  const [, s, several, login = '', list = '', path = '', query] = SHAPE.exec(text) ?? []
  const kind = several === 'sentinel' || several === 'cluster' ? several : 'server'
  const defaultPort = kind === 'sentinel' ? 26_379 : 6379
  const hosts = list.split(',').map((entry) => readHost(entry, defaultPort))
  const [first = '', second, ...rest] = path.replace(/\/$/, '').split('/').slice(1)
  const master = kind === 'sentinel' ? decodeURIComponent(first) : ''
  const db = readDb(kind === 'sentinel' ? second : first)
  const more = readQuery(query, kind === 'sentinel' ? ['sentinelUsername', 'sentinelPassword'] : [])
  const colon = login.indexOf(':')
  const [username, password] = colon === -1 ? [login, ''] : [login.slice(0, colon), login.slice(colon + 1)]

  if (!hosts.every((host) => host !== null) || db === null || !more || rest.length > 0) return null
  if (kind === 'server' && (hosts.length > 1 || second !== undefined)) return null
  // A cluster has one database.
  if (kind === 'cluster' && first !== '') return null
  if (kind === 'sentinel' && !master) return null
  return {
    ...nobody,
    kind,
    hosts,
    master,
    db,
    tls: s === 's',
    user: loginOf(decodeURIComponent(username), decodeURIComponent(password)),
    sentinelUser: loginOf(more['sentinelUsername'], more['sentinelPassword']),
  }
}

function readHost(entry: string, defaultPort: number) {
  const [, ipv6, name, port] = HOST.exec(entry) ?? []
  const host = ipv6 ?? name
  const number = port === undefined ? defaultPort : Number(port)
  return host !== undefined && number >= 1 && number <= 65_535 ? { host, port: number } : null
}

const readDb = (text = ''): number | null => (/^\d{0,4}$/.test(text) ? Number(text) : null)

/** @returns null where it has something that is not known */
function readQuery(query: string | undefined, known: string[]): Record<string, string> | null {
  const entries = Object.fromEntries(new URLSearchParams(query))
  return Object.keys(entries).every((key) => known.includes(key)) ? entries : null
}

const loginOf = (username?: string, password?: string): Login => ({
  ...(username ? { username } : {}),
  ...(password ? { password } : {}),
})

/** Without what lets somebody in. */
export function shownRedis({ kind, hosts, path, master }: RedisAddress): string {
  if (kind === 'socket') return path
  const list = hosts.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)).join(',')
  return master ? `${list} (${master})` : list
}
