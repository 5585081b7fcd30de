// Valkey for the tests: the one on PATH, else Debian's.
import path from 'node:path'
import { bring } from '../../services/bring/cache.ts'
import { debianObstacle, loaderCommand, unpackDebian } from '../../services/bring/debian.ts'
import { findProgram } from '../../services/run.ts'

/** @returns the command line that starts it; null where it cannot be had */
export async function bringValkey(): Promise<string[] | null> {
  const onPath = findProgram('valkey-server')
  if (onPath) return [onPath]
  if (debianObstacle()) return null
  const dir = await bring({
    name: 'valkey-1',
    label: 'Bringing Valkey from Debian',
    needsMb: 100,
    fill: (partial, note) => unpackDebian(partial, ['valkey-server=9.1.2-1'], note),
  })
  return [...loaderCommand(dir), path.join(dir, 'usr/bin/valkey-server')]
}
