// The linter holds the walls of the house: an import that crosses one is an error.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const crossings: [file: string, imports: string][] = [
  ['src/options.ts', '../workers/connect.ts'],
  ['src/api/one.ts', '../bluesky/session.ts'],
  ['src/api/two.ts', '../http/client.ts'],
  ['src/api/three.ts', '@atproto/api'],
  ['src/db/one.ts', '../bluesky/session.ts'],
  ['src/db/two.ts', '../http/client.ts'],
  ['src/db/four.ts', '../api/present.ts'],
  ['src/bluesky/one.ts', '../db/channels.ts'],
  ['src/bluesky/three.ts', '../api/present.ts'],
  ['src/http/one.ts', '../bluesky/session.ts'],
  ['src/http/two.ts', '../config.ts'],
  ['src/outcomes/one.ts', '../bluesky/session.ts'],
  ['src/outcomes/two.ts', '../config.ts'],
  ['src/outcomes/three.ts', '../input/identifier.ts'],
  ['src/input/one.ts', '../outcomes/catalogue.ts'],
  ['src/web/one.ts', '../config.ts'],
  ['src/web/parts/two.ts', '../../bluesky/session.ts'],
  ['src/web/parts/three.ts', '../../config.ts'],
  ['workers/one.ts', '../src/api/channels.ts'],
  ['workers/two.ts', '../src/app.ts'],
  ['workers/three.ts', '../services/demo/pds.ts'],
  ['workers/gate/one.ts', '../../src/api/channels.ts'],
  ['services/cli/one.ts', '../../workers/start.ts'],
  ['services/stores/one.ts', '../cli/start.ts'],
  ['services/bring/one.ts', '../stores/mongo.ts'],
  ['services/processes/one.ts', '../bring/cache.ts'],
]
const allowed: typeof crossings = [
  ['src/api/four.ts', '../outcomes/catalogue.ts'],
  ['src/api/five.ts', '../input/identifier.ts'],
  ['src/db/three.ts', '../outcomes/catalogue.ts'],
  ['src/bluesky/two.ts', '../http/client.ts'],
  ['src/web/three.ts', '../contract.ts'],
  ['src/web/four.ts', './parts/four.ts'],
  ['src/web/parts/four.ts', '../../outcomes/catalogue.ts'],
  ['src/web/parts/five.ts', '../data/http.ts'],
  ['workers/four.ts', '../src/bluesky/session.ts'],
  ['services/cli/three.ts', '../../src/config.ts'],
  ['services/cli/two.ts', '../stores/mongo.ts'],
  ['services/stores/two.ts', '../bring/cache.ts'],
]
let dir: string
let crossed: Set<string>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'walls-'))
  const { options: _, ...config } = JSON.parse(await readFile(join(root, '.oxlintrc.json'), 'utf8')) as {
    options: unknown
  }
  await writeFile(join(dir, '.oxlintrc.json'), JSON.stringify(config))
  for (const [file, imports] of [...crossings, ...allowed]) {
    await mkdir(dirname(join(dir, file)), { recursive: true })
    await writeFile(join(dir, file), `import { something } from '${imports}'\nsomething()\n`)
  }
  const { promise, resolve: done } = Promise.withResolvers<string>()
  const args = [join(root, 'node_modules/oxlint/bin/oxlint'), '--format', 'json', 'src', 'workers', 'services']
  execFile(process.execPath, args, { cwd: dir, maxBuffer: 10_000_000 }, (_error, stdout) => done(stdout))
  const { diagnostics } = JSON.parse(await promise) as { diagnostics: { code: string; filename: string }[] }
  crossed = new Set(
    diagnostics.filter(({ code }) => code.includes('no-restricted-imports')).map(({ filename }) => filename),
  )
})
afterAll(() => rm(dir, { recursive: true, force: true }))

test.for(crossings)('%s may not import %s', ([file]) => {
  expect(crossed).toContain(file)
})

test.for(allowed)('%s may import %s', ([file]) => {
  expect(crossed).not.toContain(file)
})
