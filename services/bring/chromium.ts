// Finds or brings a Chromium for the tests of the pages; what is brought has no windows, which halves the work.
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { bring, cachedDir } from './cache.ts'
import { debianObstacle, loaderCommand, unpackDebian } from './debian.ts'
import { ServiceError } from '../errors.ts'
import { findProgram, mustRun } from '../run.ts'
import type { Note } from '../say.ts'

const NAME = 'chromium-3'
const PROGRAM = 'chromium-headless-shell'
const PACKAGES = [PROGRAM, 'fonts-liberation', 'patchelf']
// Libraries outside the one folder that the loader searches, seen from it.
const LIBRARY_DIRS = ['pulseaudio', '../chromium']
const ON_PATH = [PROGRAM, 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The path of a Chromium that runs here: the one named by CHROMIUM_PATH, one on PATH, else Debian's. */
export async function bringChromium(): Promise<string> {
  const named = process.env['CHROMIUM_PATH']
  if (named) return named
  for (const name of ON_PATH) {
    const found = findProgram(name)
    if (found) return found
  }
  const obstacle = debianObstacle()
  if (obstacle) {
    throw new ServiceError(
      `There is no Chromium on PATH, and none can be brought: ${obstacle}. Install one, or set CHROMIUM_PATH.`,
    )
  }
  const dir = await bring({ name: NAME, label: 'Bringing Chromium from Debian', needsMb: 2_000, fill })
  return path.join(dir, 'chromium')
}

async function fill(dir: string, note: Note): Promise<void> {
  await unpackDebian(dir, PACKAGES, note)
  note('making it runnable')
  // Chromium starts itself anew for every page, so it has to be a program that the system can start without being told the loader.
  const home = cachedDir(NAME)
  const [loader, , libraryPath] = loaderCommand(home, LIBRARY_DIRS)
  const [command, ...options] = loaderCommand(dir)
  for (const program of [PROGRAM, 'chrome_crashpad_handler']) {
    const file = path.join(dir, 'usr/lib/chromium', program)
    await mustRun('Making Chromium runnable', command as string, [
      ...options,
      path.join(dir, 'usr/bin/patchelf'),
      '--set-interpreter',
      loader as string,
      file,
    ])
  }
  await mkdir(path.join(dir, 'fonts-cache'))
  await writeFile(path.join(dir, 'fonts.conf'), fontsConfig(home))
  const starter = path.join(dir, 'chromium')
  const environment = `LD_LIBRARY_PATH="${libraryPath}" FONTCONFIG_FILE="${home}/fonts.conf"`
  await writeFile(starter, `#!/bin/sh\n${environment} exec "${home}/usr/lib/chromium/${PROGRAM}" "$@"\n`)
  await chmod(starter, 0o755)
}

// The machine may have neither fonts nor a configuration for them.
function fontsConfig(home: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>${home}/usr/share/fonts</dir>
  <cachedir>${home}/fonts-cache</cachedir>
  <alias><family>sans-serif</family><prefer><family>Liberation Sans</family></prefer></alias>
  <alias><family>system-ui</family><prefer><family>Liberation Sans</family></prefer></alias>
  <alias><family>serif</family><prefer><family>Liberation Serif</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>Liberation Mono</family></prefer></alias>
  <match target="pattern"><edit name="family" mode="append_last"><string>Liberation Sans</string></edit></match>
</fontconfig>
`
}
