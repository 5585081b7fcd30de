// A fresh clone has no dependencies yet: whatever runs before they are brought needs none.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const clone = mkdtempSync(join(tmpdir(), 'bluesky-connect-fresh-'))
afterAll(() => rmSync(clone, { recursive: true, force: true }))

for (const name of ['package.json', 'package-lock.json', 'services', 'src']) {
  cpSync(join(root, name), join(clone, name), { recursive: true })
}
writeFileSync(join(clone, 'npm'), '#!/bin/sh\necho no network >&2\nexit 1\n')
chmodSync(join(clone, 'npm'), 0o755)

test.for(['start', 'demo', 'stop', 'status', 'doctor', 'test', 'check', 'scale connect=2', 'restart api'])(
  'service.sh %s gets as far as bringing them',
  (command) => {
    const args = [join(clone, 'services/cli/cli.ts'), ...command.split(' ')]
    const env = { PATH: `${clone}:/usr/bin:/bin`, HOME: clone, NODE_ENV: 'test' }
    const { stderr, stdout, status } = spawnSync(process.execPath, args, { cwd: clone, env, encoding: 'utf8' })
    expect(stderr + stdout).not.toContain('ERR_MODULE_NOT_FOUND')
    expect(stderr + stdout).toContain('no network')
    expect(status).not.toBe(0)
  },
)
