// Brings FerretDB, which speaks MongoDB's protocol in front of PostgreSQL with DocumentDB, and runs it.
import { copyFile, mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { bring } from '../bring/cache.ts'
import { type Child, startChild, untilReady } from '../processes/child.ts'
import { unpackDebian } from '../bring/debian.ts'
import { projectDir } from '../paths.ts'
import { findProgram, mustRun, run } from '../run.ts'
import { accepts } from '../processes/ports.ts'
import type { Note } from '../say.ts'

const VERSION = 'v2.7.0'
const NEEDS_GO = [1, 25] as const
const READY_MS = 30_000
const PINNED_MODULES = path.join(projectDir, 'services/bring/ferretdb')

export async function bringFerretdb(): Promise<string> {
  const dir = await bring({
    name: `ferretdb-${VERSION}`,
    label: `Building FerretDB ${VERSION}`,
    needsMb: 2_500,
    fill: build,
  })
  return path.join(dir, 'ferretdb')
}

async function build(dir: string, note: Note): Promise<void> {
  const work = path.join(dir, '.work')
  await mkdir(work)
  // Their go.sum holds the SHA-256 of every module: Go builds nothing else.
  for (const name of ['go.mod', 'go.sum']) await copyFile(path.join(PINNED_MODULES, name), path.join(work, name))
  const go = await bringGo(path.join(work, 'go'), note)
  note('downloading its modules')
  let compiled = 0
  await mustRun(
    'Building FerretDB',
    go.command,
    [
      'build',
      '-v',
      '-trimpath',
      '-mod=readonly',
      '-o',
      path.join(dir, 'ferretdb'),
      'github.com/FerretDB/FerretDB/v2/cmd/ferretdb',
    ],
    {
      env: {
        ...go.env,
        GOPATH: path.join(work, 'path'),
        GOCACHE: path.join(work, 'cache'),
        GOMODCACHE: path.join(work, 'modules'),
        GOFLAGS: '-modcacherw',
        CGO_ENABLED: '0',
      },
      cwd: work,
      onLine(line) {
        if (line.startsWith('go: ')) return
        compiled += 1
        note(`${compiled} packages compiled`)
      },
    },
  )
  await rm(work, { recursive: true, force: true })
}

type Go = { command: string; env: Record<string, string> }

async function bringGo(dir: string, note: Note): Promise<Go> {
  const onPath = findProgram('go')
  if (onPath && isNewEnough((await run(onPath, ['env', 'GOVERSION'])).stdout)) return { command: onPath, env: {} }
  note('bringing Go from Debian')
  await mkdir(dir)
  await unpackDebian(dir, ['golang-go'], note)
  const root = path.join(dir, 'usr/lib/go')
  return { command: path.join(root, 'bin/go'), env: { GOROOT: root, GOTOOLCHAIN: 'local' } }
}

/** Reads what Go says of itself, such as "go1.26.8". */
export function isNewEnough(goVersion: string): boolean {
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(goVersion.trim()) ?? []
  return Number(major) > NEEDS_GO[0] || (Number(major) === NEEDS_GO[0] && Number(minor) >= NEEDS_GO[1])
}

export type FerretdbOptions = { postgresDir: string; stateDir: string; socket: string; log: (line: string) => void }

export async function startFerretdb({ postgresDir, stateDir, socket, log }: FerretdbOptions): Promise<Child> {
  const program = await bringFerretdb()
  await mkdir(stateDir, { recursive: true })
  const postgresUrl = new URL('postgres:///postgres')
  postgresUrl.search = String(new URLSearchParams({ host: postgresDir, user: 'postgres', pool_max_conns: '50' }))
  const options = {
    'postgresql-url': String(postgresUrl),
    // No port: other users of the machine could read everything through it.
    'listen-addr': '-',
    'listen-unix': socket,
    'state-dir': stateDir,
    'debug-addr': '-',
    telemetry: 'disable',
    // Below this level it reports every connection that a client drops without a word.
    'log-level': 'error',
  }
  const args = ['--no-auth', ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)]
  const child = startChild(program, args, { name: 'ferretdb', log })
  await untilReady(child, 'FerretDB', READY_MS, () => accepts(socket))
  return child
}
