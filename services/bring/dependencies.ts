// Brings the locked dependencies into the checkout, with nothing but what Node has built in.
import { copyFile, mkdir, readdir, readFile, rename, rm, cp, stat, utimes } from 'node:fs/promises'
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

type Lock = { packages?: Record<string, LockedPackage> }
type LockedPackage = { version?: string; integrity?: string; optional?: boolean; devOptional?: boolean }

const modulesDir = path.join(projectDir, 'node_modules')
const lockFile = path.join(projectDir, 'package-lock.json')

/** Makes `node_modules` what `package-lock.json` says, from the cache if it was installed before. */
export async function bringDependencies(): Promise<void> {
  const lockText = await readFile(lockFile, 'utf8')
  if (await isInstalled(lockText)) return
  await withLock(path.join(runtimeDir, 'dependencies.lock'), async () => {
    if (await isInstalled(lockText)) return
    const name = path.join('dependencies', keyFor(lockText))
    const dir = await bring({
      name,
      label: 'Installing the dependencies',
      needsMb: 2_000,
      fill: installInto,
    })
    // Tells the clean-up that this version is in use.
    await utimes(dir, new Date(), new Date())
    await withProgress('Putting the dependencies into the checkout', () => place(path.join(dir, 'node_modules')))
    await removeOldVersions(path.dirname(cachedDir(name)))
  })
}

function keyFor(lockText: string): string {
  const parts = [lockText, process.platform, process.arch, process.versions.modules]
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16)
}

async function isInstalled(lockText: string): Promise<boolean> {
  const present = await readFile(path.join(modulesDir, '.package-lock.json'), 'utf8').catch(() => undefined)
  return present !== undefined && isSameInstallation(JSON.parse(lockText) as Lock, JSON.parse(present) as Lock)
}

/** Whether npm's note of what it installed says what the lock file asks for; optional packages may be missing. */
export function isSameInstallation(wanted: Lock, present: Lock): boolean {
  const packages = { ...wanted.packages }
  delete packages['']
  const installed = present.packages ?? {}
  const missing = Object.entries(packages).some(([where, locked]) => {
    const found = installed[where]
    if (!found) return !locked.optional && !locked.devOptional
    return found.version !== locked.version || found.integrity !== locked.integrity
  })
  return !missing && Object.keys(installed).every((where) => where in packages)
}

async function installInto(dir: string, note: Note): Promise<void> {
  const npm = findProgram('npm')
  if (!npm) throw new ServiceError('npm is not on PATH. Install Node.js with npm; any version of npm will do.')
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) {
    if (existsSync(path.join(projectDir, name))) await copyFile(path.join(projectDir, name), path.join(dir, name))
  }
  let fetched = 0
  const installed = await run(npm, ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=http'], {
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
