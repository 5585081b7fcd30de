// Every command in the documents is run by a test, or stands here with the reason why none runs it.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

/**
 * `by` is the test that runs the command, `as` what of it stands in there. A command of the documents that no row fits
 * fails, and so does a row that fits none.
 */
type Row = { command: RegExp } & ({ by: string; as: string } | { byHand: string })

const DOCKER = 'it needs Docker and its images: deploy/ says how it is tried'
const ITSELF = 'it runs the tests: the continuous integration runs it (.ci/run)'

const rows: Row[] = [
  {
    command: /^\.\/service\.sh (start|restart|stop)\b/,
    by: 'test/security/least-secrets.test.ts',
    as: "run(['start']",
  },
  { command: /^\.\/service\.sh doctor\b/, by: 'test/services/doctor.test.ts', as: "['doctor'" },
  { command: /^\.\/service\.sh status\b/, by: 'test/services/status.test.ts', as: "['status'" },
  { command: /^\.\/service\.sh logs --reference\b/, by: 'test/services/reference.test.ts', as: 'showReference(' },
  {
    command: /^\.\/service\.sh logs \w+$/,
    byHand: 'it prints what the processes said, and goes on; test/services/arguments.test.ts has its arguments',
  },
  {
    command: /^\.\/service\.sh scale\b/,
    byHand: 'tried with the processes of a machine; test/services/arguments.test.ts has its arguments',
  },
  {
    command: /^\.\/service\.sh demo\b/,
    byHand: 'test/services/demo.test.ts runs what it does; the whole takes minutes',
  },
  { command: /^\.\/service\.sh (test|check)\b/, byHand: ITSELF },
  { command: /^npm (test|run check)\b/, byHand: ITSELF },
  { command: /^npm run (mutation|fuzz)\b/, byHand: 'it runs for hours, before a release' },
  { command: /^npm run faults\b/, by: 'test/faults/suite.test.ts', as: 'runFault(' },
  { command: /^npm run (sbom|licences)\b/, byHand: 'it prints what test/services/lock-file.test.ts holds' },
  { command: /^npx (prettier|vitest)\b/, byHand: 'for whoever changes the program; ./service.sh check runs the first' },
  { command: /^node workers\/doctor\.ts\b/, by: 'test/services/doctor.test.ts', as: "'workers/doctor.ts'" },
  {
    command: /^(WORKER_QUEUES=\w+ )?node (src|workers)\/main\.ts$/,
    by: 'test/security/least-secrets.test.ts',
    as: 'start',
  },
  { command: /^(node bench\/|npm run bench\b)/, byHand: 'it measures, for minutes' },
  { command: /^deploy\/make-secrets\.sh\b/, by: 'test/services/make-secrets.test.ts', as: 'deploy/make-secrets.sh' },
  { command: /^(cp -n \.env\.example|chmod 600 \.env)\b/, byHand: 'it copies a file, and keeps others out' },
  { command: /^docker compose\b/, byHand: DOCKER },
  { command: /^du -sh\b/, byHand: 'it only looks' },
  { command: /^\.\/service\.sh install\b/, byHand: 'it needs systemd; systemd-analyze takes the unit that it writes' },
  { command: /^\.\/service\.sh admin\b/, by: 'test/services/admins.test.ts', as: "service(['admin'" },
  { command: /^node src\/admins\.ts\b/, by: 'test/services/admins.test.ts', as: "'src/admins.ts'" },
  { command: /^\.\/service\.sh backup\b/, by: 'test/services/backup.test.ts', as: "service(['backup'" },
  { command: /^\.\/service\.sh restore\b/, by: 'test/services/backup.test.ts', as: "service(['restore'" },
  { command: /^\.\/service\.sh keys\b/, byHand: 'test/flows/rotate-keys.test.ts runs what it does, step by step' },
  { command: /^node workers\/keys\.ts\b/, by: 'test/flows/rotate-keys.test.ts', as: "'workers/keys.ts'" },
  { command: /^node workers\/after-restore\.ts$/, byHand: './service.sh restore runs it, which is tested' },
  { command: /^mongo(dump|restore)\b/, byHand: 'nobody here has them; what is written has their format' },
  { command: /^cat \/mnt\/safe\/keys\.env/, byHand: 'it appends a file to another' },
  {
    command: /^(cd deploy\/prometheus$|promtool\b)/,
    byHand: 'for whoever changes the alerts: promtool is a program of Prometheus',
  },
  { command: /^((export )?COMMIT=|node deploy\/(check-compose|stand-ins\/make)\.ts)/, byHand: DOCKER },
  { command: /^(helm|kubectl)\b/, byHand: 'it needs a cluster' },
  {
    command: /^(go install\b|node deploy\/check-kubernetes\.ts\b)/,
    byHand: 'it needs tools of Kubernetes, built from Go',
  },
  { command: /^deploy\/kubernetes$/, byHand: 'a folder' },
  {
    command: /^(token=\$\(curl|curl) /,
    byHand: 'it needs an account; test/flows/connect.test.ts makes the same calls',
  },
]

const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md'].concat(
  readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [join('docs', name)] : [])),
)

/** Of prose only what begins like one of ours, of a `sh` block every line. */
const OF_PROSE =
  /`((?:WORKER_QUEUES=\S+ )?(?:\.\/service\.sh|node|npm|npx|docker compose|du) [^`]+|deploy\/[\w-]+(?:\.sh)?)`/g

function commandsIn(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8')
  const blocks = [...text.matchAll(/^```(?:sh|bash|shell|console)\n([^]*?)^```$/gm)].flatMap(([, block = '']) =>
    linesOf(block),
  )
  const prose = text.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/\s+/g, ' ')
  return [...blocks, ...[...prose.matchAll(OF_PROSE)].map(([, command = '']) => command)]
}

/** A line that ends with \ goes on in the next; what stands behind a # is no part of it. */
function linesOf(block: string): string[] {
  const lines = block.replaceAll(/\\\n\s*/g, '').split('\n')
  return lines.map((line) => line.replace(/(^|\s)#.*$/, '').trim()).filter(Boolean)
}

/** What is chained is several. */
const found = documents.flatMap((document) =>
  commandsIn(document)
    .flatMap((line) => line.split(/\s+&&\s+(?!.*["'])/))
    .map((command) => ({ document, command })),
)

test('there are some', () => {
  expect(found.length).toBeGreaterThan(20)
})

test('each is run by a test, or has a reason', () => {
  const unknown = found.filter(({ command }) => !rows.some((row) => row.command.test(command)))
  expect(unknown).toEqual([])
})

test.each(rows)('$command is there, and is what the row says', (row) => {
  expect(found.filter(({ command }) => row.command.test(command))).not.toEqual([])
  if ('byHand' in row) return
  expect(existsSync(join(root, row.by))).toBe(true)
  expect(readFileSync(join(root, row.by), 'utf8')).toContain(row.as)
})
