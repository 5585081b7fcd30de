// What the system knows of a running process: from /proc, or from `ps` where there is none.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const hasProc = existsSync('/proc/self/stat')

export function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The program and its arguments with spaces between them; empty when there is none such, or nobody knows. */
export function commandLine(pid: number): string {
  return hasProc ? fromProc(pid, 'cmdline').replaceAll('\0', ' ').trim() : fromPs(pid, 'args=')
}

/** Whose command line has these words; none where there is no /proc. */
export function processesWith(words: string): number[] {
  const pids = hasProc ? readdirSync('/proc').map(Number) : []
  return pids.filter((pid) => pid > 0 && commandLine(pid).includes(words))
}

/** When it began, in the system's words: tells it from a later process that was given the same number. */
export function startOf(pid: number): string {
  // The second field is a name in brackets, which may hold anything; the beginning is the 22nd.
  return hasProc ? (fromProc(pid, 'stat').replace(/^.*\)/s, '').split(' ')[20] ?? '') : fromPs(pid, 'lstart=')
}

function fromProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}

function fromPs(pid: number, field: string): string {
  return (spawnSync('ps', ['-p', String(pid), '-o', field], { encoding: 'utf8' }).stdout ?? '').trim()
}
