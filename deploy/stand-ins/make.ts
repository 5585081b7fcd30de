// Makes images that stand in for those that Docker Compose pulls, where no registry can be reached. Needs Debian's apt, and
// builds what services/ brings into them; how much they prove is in docs/docker.md.
//   node deploy/stand-ins/make.ts
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unpackDebian } from '../../services/bring/debian.ts'
import { bringFerretdb } from '../../services/stores/ferretdb.ts'

const BASE = ['base-files', 'bash', 'coreutils', 'dash', 'grep', 'libc-bin', 'libstdc++6', 'sed', 'util-linux']
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'
const ACCOUNTS = ['root:x:0:0:root:/root:/bin/sh', 'node:x:1000:1000::/tmp:/bin/sh', 'store:x:999:999::/data:/bin/sh']

type Image = { packages: string[]; add?: (dir: string) => unknown; changes: string[] }

const images: Record<string, Image> = {
  node: { packages: [], add: addNode, changes: [`ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}`, 'CMD ["node"]'] },
  redis: {
    packages: ['redis-server'],
    add: (dir) => addEntrypoint(dir, 'redis.sh'),
    changes: ['VOLUME /data', 'WORKDIR /data', 'ENTRYPOINT ["/entrypoint.sh"]'],
  },
  caddy: { packages: ['caddy'], changes: ['WORKDIR /srv', 'ENTRYPOINT []', 'CMD ["caddy", "run"]'] },
  mongo: {
    packages: ['postgresql-18-documentdb', 'postgresql-18-postgis-3-scripts'],
    add: addMongo,
    changes: ['VOLUME /data/db', 'ENTRYPOINT ["/entrypoint.sh"]'],
  },
}

for (const [name, image] of Object.entries(images)) {
  const dir = mkdtempSync(join(tmpdir(), 'stand-in-'))
  try {
    await unpackDebian(dir, [...BASE, ...image.packages], () => {})
    finish(dir)
    await image.add?.(dir)
    const changes = ['ENV PATH=/usr/local/bin:/usr/bin:/usr/sbin', ...image.changes].flatMap((line) => [
      '--change',
      line,
    ])
    execFileSync('sh', ['-c', 'tar -C "$0" -c . | docker import "$@"', dir, ...changes, '-', `stand-in-${name}`])
    console.log(`${name.toUpperCase()}_IMAGE=stand-in-${name}`)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** What the packages' own installation scripts would have done. */
function finish(dir: string) {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) rmSync(join(dir, name), { recursive: true, force: true })
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(dir, name))
  for (const name of ['tmp', 'root', 'data', 'run', 'proc', 'sys', 'dev'])
    mkdirSync(join(dir, name), { recursive: true })
  execFileSync('chmod', ['1777', join(dir, 'tmp')])
  rmSync(join(dir, 'usr/bin/sh'), { force: true })
  symlinkSync('dash', join(dir, 'usr/bin/sh'))
  writeFileSync(join(dir, 'etc/passwd'), `${ACCOUNTS.join('\n')}\n`)
  writeFileSync(join(dir, 'etc/group'), 'root:x:0:\nnode:x:1000:\nstore:x:999:\n')
  writeFileSync(join(dir, 'etc/nsswitch.conf'), 'hosts: files dns\n')
  // Whom this machine trusts: where it has no registry, what it reaches is often behind a proxy with a certificate of its own.
  mkdirSync(join(dir, 'etc/ssl/certs'), { recursive: true })
  cpSync(CERTIFICATES, join(dir, CERTIFICATES))
}

/** Node and npm, as they are here and from the registry. */
function addNode(dir: string) {
  const bin = join(dir, 'usr/local/bin')
  mkdirSync(bin, { recursive: true })
  cpSync(process.execPath, join(bin, 'node'))
  const options = ['--prefix', join(dir, 'usr/local/lib'), '--no-save', '--omit=dev', '--ignore-scripts', 'npm@11']
  execFileSync('npm', ['install', ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(bin, 'npm'))
}

async function addMongo(dir: string) {
  cpSync(await bringFerretdb(), join(dir, 'usr/local/bin/ferretdb'))
  symlinkSync('postgis-3.control', join(dir, 'usr/share/postgresql/18/extension/postgis.control'))
  execFileSync(
    'sh',
    ['-c', 'echo /usr/lib/*-linux-gnu/blas /usr/lib/*-linux-gnu/lapack | tr " " "\\n" >etc/ld.so.conf.d/blas.conf'],
    { cwd: dir },
  )
  execFileSync('ldconfig', ['-r', dir])
  addEntrypoint(dir, 'mongo.sh')
  cpSync(join(import.meta.dirname, 'mongosh.sh'), join(dir, 'usr/local/bin/mongosh'))
}

function addEntrypoint(dir: string, file: string) {
  cpSync(join(import.meta.dirname, file), join(dir, 'entrypoint.sh'))
}
