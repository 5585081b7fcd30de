// What Docker Compose and Kubernetes give each process: variables that the program knows, and its own secrets alone.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { variables } from '../../src/config.ts'
import { ownVariables, secretVariables, type ProcessKind } from '../../src/environment.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** `NODE_ENV` and `COMMIT` are for libraries and the version, the rest stands in config.ts. */
const known = new Set([...Object.keys(variables), ...secretVariables.map((name) => `${name}_FILE`), 'COMMIT'])

interface Given {
  process: string
  kind: ProcessKind
  variables: Record<string, string>
  /** files of secrets that it can read */
  secrets: string[]
}

type Service = { command?: string[]; environment: Record<string, string>; secrets: string[] }
type Container = {
  command: string[]
  env: { name: string; value: string }[]
}
type Resource = {
  kind: string
  metadata: { name: string }
  data: Record<string, string>
  spec: {
    template: {
      spec: { containers: [Container]; volumes: [{ secret: { items: { key: string; path: string }[] } }] }
    }
  }
}

const kindOf = (command: string[]): ProcessKind => (command.includes('workers/main.ts') ? 'worker' : 'api')

function ofCompose(): Given[] {
  const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> }
  return Object.entries(services)
    .filter(([name]) => name === 'api' || name.startsWith('worker-'))
    .map(([process, { command = [], environment, secrets }]) => ({
      process,
      kind: kindOf(command),
      variables: environment,
      secrets,
    }))
}

function ofKubernetes(): Given[] {
  const resources = parseAllDocuments(read('deploy/kubernetes/base/rendered.yaml')).map((one) => one.toJS() as Resource)
  const shared = resources.find(({ kind }) => kind === 'ConfigMap')?.data
  return resources
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ metadata, spec }) => {
      const { containers, volumes } = spec.template.spec
      const [{ command, env }] = containers
      return {
        process: metadata.name,
        kind: kindOf(command),
        variables: { ...shared, ...Object.fromEntries(env.map(({ name, value }) => [name, value])) },
        secrets: volumes[0].secret.items.map(({ path }) => path),
      }
    })
}

const given = [...ofCompose(), ...ofKubernetes()]

test('Compose and Kubernetes run the same kinds of process', () => {
  const queuesOf = (some: Given[]) => some.map(({ variables }) => variables.WORKER_QUEUES ?? 'api').toSorted()
  expect(queuesOf(ofCompose())).toEqual(['api', 'check', 'connect', 'verify,mail'])
  expect(queuesOf(ofKubernetes())).toEqual(queuesOf(ofCompose()))
})

test.each(given)('$process is given no variable that the program does not know', ({ variables }) => {
  expect(Object.keys(variables).filter((name) => !known.has(name))).toEqual([])
})

test.each(given)(
  '$process is given its secrets as files, and none of the other kind',
  ({ kind, variables, secrets }) => {
    const others = ownVariables[kind === 'api' ? 'worker' : 'api']
    const set = Object.keys(variables).filter((name) => variables[name] !== '')
    expect(set.filter((name) => others.some((other) => name.startsWith(other)))).toEqual([])
    expect(set.filter((name) => secretVariables.some((secret) => name === secret))).toEqual([])
    // Each file that it can read is one that it is told of, and the other way round.
    const files = set.filter((name) => name.endsWith('_FILE'))
    expect(secrets.map((name) => `${name.toUpperCase()}_FILE`).toSorted()).toEqual(files.toSorted())
  },
)

test('who does not send mails does not know where they are handed in', () => {
  const knowing = given.filter(({ secrets }) => secrets.includes('smtp_url')).map(({ process }) => process)
  expect(knowing).toEqual(['worker-verify'])
})

test('both ask for health where the program says it', () => {
  for (const { variables } of given) {
    expect(String(variables.HEALTH_PORT)).toBe('3001')
    expect(variables.HEALTH_ADDRESS).toBe('0.0.0.0')
  }
  expect(read('Dockerfile')).toContain("fetch('http://127.0.0.1:3001/readyz')")
})
