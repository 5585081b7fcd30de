// Nobody else on the machine reads the embedded stores: they listen on sockets that only their own user reaches, and on no port.
import { spawn } from 'node:child_process'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'

const NOBODY = 65_534
const { kind, mongoUrl, redisUrl } = inject('stores')
const mongoSocket = decodeURIComponent(new URL(mongoUrl).host)
const sockets = [redisUrl, mongoSocket]
const postgresSocket = join(dirname(mongoSocket), 'postgres/.s.PGSQL.5432')

/** "connected" or the code of the error, as that user. */
async function connectAs(uid: number, path: string): Promise<string> {
  const script = `
    if (process.getuid() !== ${uid}) { process.setgroups([]); process.setgid(${uid}); process.setuid(${uid}) }
    require('node:net').connect(${JSON.stringify(path)})
      .on('connect', function () { process.stdout.write('connected'); this.destroy() })
      .on('error', ({ code }) => process.stdout.write(code))`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = await child.stdout.setEncoding('utf8').toArray()
  return said.join('')
}

/** Of every process that was told one of the sockets: what it listens on with TCP, as /proc/net shows it. */
async function tcpListeners(): Promise<{ processes: number; listening: string[] }> {
  const LISTEN = '0A'
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')))
  const rows = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)))
  const listeners = new Map(rows.filter((row) => row[3] === LISTEN).map((row) => [`socket:[${row[9]}]`, row[1] ?? '']))
  const dirs = sockets.map(dirname)
  const listening: string[] = []
  let processes = 0
  for (const pid of await readdir('/proc')) {
    const command = /^\d+$/.test(pid) ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : ''
    if (!dirs.some((dir) => command.includes(dir))) continue
    processes += 1
    for (const fd of await readdir(`/proc/${pid}/fd`)) {
      const listener = listeners.get(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))
      if (listener) listening.push(`${command.split('\0')[0]} ${listener}`)
    }
  }
  return { processes, listening }
}

describe.skipIf(kind !== 'services')('the stores that services/ brings', () => {
  test('stand in folders that only their user may enter', async () => {
    for (const socket of sockets) {
      const { uid, mode } = await stat(dirname(socket))
      expect({ uid, others: mode & 0o077 }, socket).toEqual({ uid: process.getuid?.(), others: 0 })
    }
  })

  test.skipIf(process.platform !== 'linux')('listen on no port', async () => {
    const { processes, listening } = await tcpListeners()
    expect(processes).toBeGreaterThanOrEqual(2)
    expect(listening).toEqual([])
  })

  test.skipIf(process.getuid?.() !== 0)(
    'refuse another user of the machine, whom they would answer otherwise',
    async () => {
      for (const socket of [...sockets, postgresSocket]) {
        expect(await connectAs(0, socket), socket).toBe('connected')
        expect(await connectAs(NOBODY, socket), socket).toBe('EACCES')
      }
    },
  )
})
