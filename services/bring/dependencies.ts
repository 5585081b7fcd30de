// Brings the locked dependencies into the checkout, with nothing but what Node has built in.
import { copyFile, mkdir, readdir, readFile, rename, rm, cp, stat, utimes, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { createHash } from 'node:crypto'
import path from 'node:path'
import { bring, cachedDir } from './cache.ts'
import { withLock } from '../processes/lock.ts'
import { ServiceError } from '../errors.ts'
import { projectDir, runtimeDir } from '../paths.ts'
import { findProgram, lastLines, run } from '../run.ts'
import { type Note, withProgress } from '../say.ts'

const KEPT_VERSIONS = 3

/** `run`: what the program needs to run here, with its supervisor; `all`: what it takes to build, test and demonstrate it too. */
export type Need = 'run' | 'all'

/** Development dependencies that a running program needs too. */
const ALSO_TO_RUN = ['pm2']

type Lock = { packages?: Record<string, LockedPackage> }
type LockedPackage = {
  version?: string
  integrity?: string
  dev?: boolean
  optional?: boolean
  devOptional?: boolean
}

const modulesDir = path.join(projectDir, 'node_modules')
const lockFile = path.join(projectDir, 'package-lock.json')

/** Makes `node_modules` what `package-lock.json` says, from the cache if it was installed before. */
export async function bringDependencies(need: Need): Promise<void> {
  const lockText = await readFile(lockFile, 'utf8')
  if (await isInstalled(lockText, need)) return
  await withLock(path.join(runtimeDir, 'dependencies.lock'), async () => {
    if (await isInstalled(lockText, need)) return
    const name = path.join('dependencies', keyFor(lockText, need))
    const dir = await bring({
      name,
      label: 'Installing the dependencies',
      needsMb: need === 'run' ? 600 : 2_000,
      fill: (empty, note) =>
        need === 'run' ? install(empty, note, ALSO_TO_RUN, ['--omit=optional']) : install(empty, note),
    })
    // Tells the clean-up that this version is in use.
    await utimes(dir, new Date(), new Date())
    await withProgress('Putting the dependencies into the checkout', () => place(path.join(dir, 'node_modules')))
    await removeOldVersions(path.dirname(cachedDir(name)))
  })
}

function keyFor(lockText: string, need: Need): string {
  const parts = [lockText, process.platform, process.arch, process.versions.modules, ...(need === 'all' ? [] : [need])]
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16)
}

/** Whether the checkout has a development dependency, and so all of them. */
export function hasAll(): boolean {
  return existsSync(path.join(modulesDir, 'vite'))
}

async function isInstalled(lockText: string, need: Need): Promise<boolean> {
  const present = await readFile(path.join(modulesDir, '.package-lock.json'), 'utf8').catch(() => undefined)
  return present !== undefined && isSameInstallation(JSON.parse(lockText) as Lock, JSON.parse(present) as Lock, need)
}

/** Whether npm's note of what it installed says what the lock file asks for; optional packages may be missing. */
export function isSameInstallation(wanted: Lock, present: Lock, need: Need): boolean {
  const packages = { ...wanted.packages }
  delete packages['']
  const installed = present.packages ?? {}
  const missing = Object.entries(packages).some(([where, locked]) => {
    const found = installed[where]
    // What a development dependency needs may be needed to run, too; the supervisor speaks for all that it brought.
    const mayLack = need === 'run' && locked.dev && !ALSO_TO_RUN.some((name) => where === `node_modules/${name}`)
    if (!found) return !locked.optional && !locked.devOptional && !mayLack
    return found.version !== locked.version || found.integrity !== locked.integrity
  })
  return !missing && Object.keys(installed).every((where) => where in packages)
}

/** Into an empty folder: all, or beside what the program needs only the development dependencies of these names. */
export async function install(dir: string, note: Note, names?: string[], options: string[] = []): Promise<void> {
  const npm = findProgram('npm')
  if (!npm) throw new ServiceError('npm is not on PATH. Install Node.js with npm; any version of npm will do.')
  for (const name of ['package-lock.json', '.npmrc']) {
    if (existsSync(path.join(projectDir, name))) await copyFile(path.join(projectDir, name), path.join(dir, name))
  }
  const manifest = JSON.parse(await readFile(path.join(projectDir, 'package.json'), 'utf8')) as Manifest
  await writeFile(path.join(dir, 'package.json'), JSON.stringify(names ? withDependencies(manifest, names) : manifest))
  const which = names ? ['--omit=dev', ...options] : ['--include=dev']
  let fetched = 0
  const installed = await run(npm, ['ci', ...which, '--no-audit', '--no-fund', '--loglevel=http'], {
    cwd: dir,
    env: {
      ...headersOfNode(),
      PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`,
      NODE_ENV: undefined,
      npm_config_update_notifier: 'false',
      // Without a network npm would try for more than a minute.
      npm_config_fetch_retry_mintimeout: '2000',
      npm_config_fetch_retry_maxtimeout: '8000',
    },
    onLine(line) {
      if (!/^npm http (fetch|cache) /.test(line)) return
      fetched += 1
      note(`${fetched} files`)
    },
  })
  if (installed.code !== 0) throw new ServiceError(explain(installed.output))
}

type Manifest = { dependencies: Record<string, string>; devDependencies: Record<string, string> }

/** With these development dependencies among those that are always installed. */
function withDependencies(manifest: Manifest, names: string[]): Manifest {
  const isNamed = ([name]: [string, string]) => names.includes(name)
  const all = Object.entries(manifest.devDependencies)
  return {
    ...manifest,
    dependencies: { ...manifest.dependencies, ...Object.fromEntries(all.filter(isNamed)) },
    devDependencies: Object.fromEntries(all.filter((entry) => !isNamed(entry))),
  }
}

// Lets a package with native code be built without a download: Node's headers lie beside the program that runs this.
function headersOfNode(): Record<string, string> {
  const prefix = path.resolve(process.execPath, '../..')
  const places = [prefix, path.join(prefix, `node_modules/node-${process.platform}-${process.arch}`)]
  const found = places.find((dir) => existsSync(path.join(dir, 'include/node/node.h')))
  return found ? { npm_config_nodedir: found } : {}
}

/** What went wrong with npm, in words for somebody who wants to know what to do. */
export function explain(output: string): string {
  const said = lastLines(output.replaceAll(/^npm http .*\n?/gm, ''))
  if (/gyp ERR!|not found: make|Could not find any Python/.test(output)) {
    return (
      'A dependency with native code could not be built. Install a C++ compiler, make and Python 3 ' +
      `(on Debian: apt-get install build-essential python3), then run this again.\n${said}`
    )
  }
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|network/i.test(output)) {
    return `The dependencies could not be downloaded: the package registry does not answer. Is there a network?\n${said}`
  }
  if (/code EUSAGE/.test(output))
    return 'package.json and package-lock.json do not fit together: run npm install, then this again.'
  if (/ENOSPC/.test(output)) return 'The disk is full: the dependencies could not be installed.'
  return `The dependencies could not be installed:\n${said}`
}

// Hard links take no space and no time; another disk than the cache's gets a copy.
async function place(source: string): Promise<void> {
  const partial = `${modulesDir}.partial`
  const old = `${modulesDir}.old`
  for (const dir of [partial, old]) await rm(dir, { recursive: true, force: true })
  if ((await run('cp', ['-al', source, partial])).code !== 0) {
    await rm(partial, { recursive: true, force: true })
    await cp(source, partial, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
  }
  await mkdir(modulesDir, { recursive: true })
  await rename(modulesDir, old)
  await rename(partial, modulesDir)
  await rm(old, { recursive: true, force: true })
}

async function removeOldVersions(dir: string): Promise<void> {
  const names = (await readdir(dir)).filter((name) => /^[0-9a-f]{16}$/.test(name))
  const versions = await Promise.all(
    names.map(async (name) => ({ file: path.join(dir, name), usedAt: (await stat(path.join(dir, name))).mtimeMs })),
  )
  versions.sort((a, b) => b.usedAt - a.usedAt)
  for (const { file } of versions.slice(KEPT_VERSIONS)) await rm(file, { recursive: true, force: true })
}
