// Which version of the program this is: the number of package.json, and the commit by the image's COMMIT or by git.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')

export const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as { version: string }

export const commit = process.env.COMMIT?.trim().slice(0, 12) || commitOfGit()

function commitOfGit(): string {
  // A directory above may be the repository of something else.
  if (!existsSync(`${ROOT}/.git`)) return 'unknown'
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as const
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: [...stdio],
    }).trim()
  } catch {
    return 'unknown'
  }
}
