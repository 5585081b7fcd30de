// Unpacks Debian packages with all they depend on into a folder of their own: nothing is installed and nobody has to be root.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { ServiceError } from '../errors.ts'
import { findProgram, lastLines, mustRun, run } from '../run.ts'
import { type Note, say } from '../say.ts'

// The first Debian that has DocumentDB.
const SUITE = 'forky'
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

const MULTIARCH: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }
const LOADERS: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'ld-linux-x86-64.so.2',
  arm64: 'ld-linux-aarch64.so.1',
}

/** Why Debian packages cannot be had on this machine; undefined when they can. */
export function debianObstacle(): string | undefined {
  if (!findProgram('apt-get') || !findProgram('dpkg-deb')) return 'this machine has no apt-get and dpkg-deb'
  if (!existsSync(KEYRING)) return `this machine has no Debian keyring (${KEYRING})`
  if (!MULTIARCH[process.arch]) return `there is no recipe for the processor ${process.arch}`
  return undefined
}

/** Downloads and unpacks `packages` into the empty folder `dir`; "name=version" where one is wanted above others. */
export async function unpackDebian(dir: string, packages: string[], note: Note): Promise<void> {
  const obstacle = debianObstacle()
  if (obstacle) throw new ServiceError(`Debian packages cannot be brought: ${obstacle}.`)
  const aptDir = path.join(dir, '.apt')
  const archives = await download(aptDir, packages, note)
  let unpacked = 0
  const queue = archives.values()
  const unpackRest = async () => {
    for (const archive of queue) {
      await mustRun('Unpacking a Debian package', 'dpkg-deb', ['-x', archive, dir])
      unpacked += 1
      note(`${unpacked} of ${archives.length} packages unpacked`)
    }
  }
  await Promise.all([unpackRest(), unpackRest()])
  await rm(aptDir, { recursive: true })
  // Nothing in here runs with more rights than its caller has.
  await mustRun('Taking set-uid bits away', 'chmod', ['-R', 'u+rwX,ug-s', dir])
}

async function download(aptDir: string, packages: string[], note: Note): Promise<string[]> {
  const archivesDir = path.join(aptDir, 'cache', 'archives')
  await mkdir(path.join(archivesDir, 'partial'), { recursive: true })
  await mkdir(path.join(aptDir, 'lists', 'partial'), { recursive: true })
  await writeFile(path.join(aptDir, 'status'), '')
  await writeFile(path.join(aptDir, 'apt.conf'), aptConfig(aptDir))
  const apt = (...args: string[]) =>
    run('apt-get', ['-c', path.join(aptDir, 'apt.conf'), ...args], {
      env: { LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      onLine: (line) => {
        const size = /^Need to get ([\d.,]+ \w+)/.exec(line)?.[1]
        const file = /^Get:\d+ .* (\S+) \w+ \S+ \[/.exec(line)?.[1]
        if (size) note(`downloading ${size}`)
        else if (file) note(`downloading ${file}`)
      },
    })

  const refusals: string[] = []
  for (const mirror of await mirrors()) {
    await writeFile(path.join(aptDir, 'sources.list'), `deb [signed-by=${KEYRING}] ${mirror} ${SUITE} main\n`)
    note(`reading what ${mirror} has`)
    const update = await apt('update')
    const download = (names: string[]) => apt('install', '-y', '--no-install-recommends', '--download-only', ...names)
    let install = update.code === 0 ? await download(packages) : update
    if (isVersionGone(install.output)) {
      say(
        `  ${mirror} no longer has ${packages.join(', ')}: taking its newest, which this program was not tested with.`,
      )
      install = await download(packages.map(withoutVersion))
    }
    if (install.code === 0) {
      const names = await readdir(archivesDir)
      return names.filter((name) => name.endsWith('.deb')).map((name) => path.join(archivesDir, name))
    }
    refusals.push(`${mirror}:\n${lastLines(install.output, 4)}`)
  }
  throw new ServiceError(
    `No Debian mirror of this machine's apt sources gave the packages of "${SUITE}". Is there a network?\n${refusals.join('\n')}`,
  )
}

/** Whether apt says that it knows a package, but not in that version. */
export function isVersionGone(output: string): boolean {
  return /^E: Version '.*' for '.*' was not found$/m.test(output)
}

const withoutVersion = (wanted: string) => wanted.replace(/=.*/, '')

/** The mirrors that this machine uses itself, Debian's own suites only. */
async function mirrors(): Promise<string[]> {
  const { stdout } = await mustRun('Reading the apt sources', 'apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI) $(COMPONENT)',
    'Created-By: Packages',
  ])
  const uris = mirrorsOf(stdout)
  if (uris.length === 0) throw new ServiceError('The apt sources of this machine name no Debian mirror.')
  return uris
}

/** Lines of "URI component" → the URIs that look like a Debian archive, those of security updates left out. */
export function mirrorsOf(targets: string): string[] {
  const uris = targets
    .split('\n')
    .map((line) => line.trim().split(' '))
    .filter(([uri, component]) => uri && component === 'main' && /debian\/?$/.test(uri))
    .map(([uri]) => uri as string)
  return [...new Set(uris)]
}

// Proxies and the like are taken from the machine's own configuration; hooks would act on the machine's own apt.
function aptConfig(aptDir: string): string {
  return [
    '#clear APT::Update::Pre-Invoke;',
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    '#clear DPkg::Pre-Invoke;',
    '#clear DPkg::Pre-Install-Pkgs;',
    '#clear DPkg::Post-Invoke;',
    '#clear Acquire::IndexTargets::deb::DEP-11;',
    `Dir::State "${aptDir}";`,
    `Dir::State::status "${aptDir}/status";`,
    `Dir::State::lists "${aptDir}/lists";`,
    `Dir::Cache "${aptDir}/cache";`,
    `Dir::Etc::SourceList "${aptDir}/sources.list";`,
    'Dir::Etc::SourceParts "/dev/null";',
    'APT::Sandbox::User "root";',
    'APT::Update::Error-Mode "any";',
    'Acquire::Languages "none";',
    'Acquire::Retries "2";',
    'Acquire::http::Timeout "20";',
    'Acquire::https::Timeout "20";',
    '',
  ].join('\n')
}

/** The command line, up to the program, that runs one of an unpacked folder with that folder's own loader and libraries. */
export function loaderCommand(dir: string, moreLibraryDirs: string[] = []): string[] {
  const lib = `${dir}/usr/lib/${MULTIARCH[process.arch]}`
  const libraryPath = [lib, ...moreLibraryDirs.map((name) => path.posix.join(lib, name))].join(':')
  return [`${lib}/${LOADERS[process.arch]}`, '--library-path', libraryPath]
}
