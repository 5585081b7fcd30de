// Checks the Helm chart and the Kustomize folder with the real tools, against the shapes that Kubernetes, KEDA and the
// Prometheus operator publish as Go modules.
//   node deploy/check-kubernetes.ts           go, helm, kustomize and kubeconform on PATH
//   node deploy/check-kubernetes.ts --write   renders deploy/kubernetes/ out of the chart
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'

const KUBERNETES = '1.34.1'
const here = import.meta.dirname
const chart = join(here, 'helm/bluesky-connect')
const kustomizeDir = join(here, 'kubernetes')
const KINDS = [
  'apps.v1.Deployment',
  'autoscaling.v2.HorizontalPodAutoscaler',
  'core.v1.ConfigMap',
  'core.v1.Service',
  'networking.v1.Ingress',
  'networking.v1.NetworkPolicy',
  'policy.v1.PodDisruptionBudget',
]
/** Each with the template that it is rendered from; null: the rest. */
const rendered = { base: null, keda: 'keda.yaml', 'pod-monitor': 'monitor.yaml', ingress: 'ingress.yaml' }
const needed = ['--set', 'config.BASE_URL=https://connect.example.com,config.ADMIN_EMAIL=admin@example.com']
const installations: Record<string, string[]> = {
  'as it comes': needed,
  'all that can be switched on': ['--values', join(kustomizeDir, 'values.yaml')],
  'with mail': [...needed, '--set', 'config.MAIL_FROM=connect@example.com'],
  'scaled by hand': [
    ...needed,
    '--set',
    'api.autoscaling=null,workers.connect.autoscaling=null,workers.connect.replicas=4',
  ],
  'stores and a PDS inside of the cluster': [
    ...needed,
    ...['stores', 'privateNetworks'].flatMap((name) => ['--set', `networkPolicy.${name}[0].ipBlock.cidr=10.1.0.0/16`]),
  ],
}

const dir = mkdtempSync(join(tmpdir(), 'check-kubernetes-'))
try {
  if (process.argv.includes('--write'))
    for (const name of Object.keys(rendered)) writeFileSync(fileOf(name), render(name))
  else check()
} finally {
  rmSync(dir, { recursive: true })
}

function check() {
  const schemas = writeSchemas()
  for (const [name, values] of Object.entries(installations)) {
    run('helm', 'lint', chart, '--strict', '--quiet', ...values)
    hold(`helm, ${name}`, template(values), schemas)
  }
  const { status, stderr } = spawnSync('helm', templateArgs([]), { encoding: 'utf8' })
  if (status === 0 || !stderr.includes('config.BASE_URL is not set'))
    throw new Error(`without BASE_URL helm says: ${stderr}`)
  for (const name of Object.keys(rendered)) {
    if (readFileSync(fileOf(name), 'utf8') !== render(name)) {
      throw new Error(`${fileOf(name)} is not what the chart makes: node deploy/check-kubernetes.ts --write`)
    }
  }
  hold('kustomize, base', run('kustomize', 'build', join(kustomizeDir, 'base')), schemas)
  hold('kustomize, example', run('kustomize', 'build', join(kustomizeDir, 'example')), schemas)
}

function fileOf(name: string): string {
  return join(kustomizeDir, name, 'rendered.yaml')
}

function render(name: string): string {
  const values = ['--values', join(kustomizeDir, 'values.yaml')]
  const own = rendered[name as keyof typeof rendered]
  const only = own ? ['--show-only', `templates/${own}`] : ['keda', 'podMonitor', 'ingress'].flatMap(switchedOff)
  return `# Made out of the chart: node deploy/check-kubernetes.ts --write\n${template([...values, ...only])}`
}

function switchedOff(name: string): string[] {
  return ['--set', `${name}.enabled=false`]
}

function template(values: string[]): string {
  return run('helm', ...templateArgs(values))
}

function templateArgs(values: string[]): string[] {
  return [
    'template',
    'bluesky-connect',
    chart,
    '--namespace',
    'bluesky-connect',
    '--kube-version',
    KUBERNETES,
    ...values,
  ]
}

function hold(name: string, manifests: string, schemas: string) {
  const file = join(dir, 'manifests.yaml')
  writeFileSync(file, manifests)
  const found = run(
    'kubeconform',
    '-strict',
    '-summary',
    '-schema-location',
    join(schemas, '{{.ResourceKind}}.json'),
    file,
  )
  const kinds = parseAllDocuments(manifests).map((document) => (document.toJS() as { kind: string }).kind)
  const counts = [...new Set(kinds)].map((kind) => `${kinds.filter((one) => one === kind).length} ${kind}`)
  console.log(`${name}: ${counts.join(', ')}\n  ${found.trim()}`)
}

type Schema = { [key: string]: unknown; properties?: Record<string, Schema>; additionalProperties?: unknown }
type Crd = { spec: { names: { kind: string }; versions: { name: string; schema: { openAPIV3Schema: Schema } }[] } }

/** One file for each kind, in which a field that nobody knows is a mistake. */
function writeSchemas(): string {
  const schemas = join(dir, 'schemas')
  mkdirSync(schemas)
  const write = (kind: string, schema: object) =>
    writeFileSync(join(schemas, `${kind.toLowerCase()}.json`), JSON.stringify(schema))
  const api = join(moduleDir(`k8s.io/kubernetes@v${KUBERNETES}`), 'api/openapi-spec/swagger.json')
  const { definitions } = JSON.parse(readFileSync(api, 'utf8')) as { definitions: Record<string, Schema> }
  Object.values(definitions).forEach(makeStrict)
  definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString'] = { type: ['string', 'integer'] }
  for (const name of KINDS) {
    write(name.split('.')[2] ?? '', { $ref: `#/definitions/io.k8s.api.${name}`, definitions })
  }
  const keda = join(moduleDir('github.com/kedacore/keda/v2@v2.17.2'), 'config/crd/bases/keda.sh_scaledobjects.yaml')
  const prometheus = join(
    moduleDir('github.com/prometheus-operator/prometheus-operator@v0.85.0'),
    'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml',
  )
  for (const file of [keda, prometheus]) {
    const { spec } = parse(readFileSync(file, 'utf8')) as Crd
    const schema = spec.versions[0]?.schema.openAPIV3Schema ?? {}
    makeStrict(schema)
    write(spec.names.kind, schema)
  }
  return schemas
}

function makeStrict(schema: Schema): void {
  if (schema.properties && !schema['x-kubernetes-preserve-unknown-fields']) schema.additionalProperties ??= false
  const inside = [schema.items, schema.additionalProperties, ...Object.values(schema.properties ?? {})]
  for (const one of inside) if (typeof one === 'object' && one !== null) makeStrict(one as Schema)
}

function moduleDir(module: string): string {
  return (JSON.parse(run('go', 'mod', 'download', '-json', module)) as { Dir: string }).Dir
}

function run(command: string, ...args: string[]): string {
  // In the temporary folder: Go looks for a module around it.
  const options = { cwd: dir, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
  const { status, stdout, stderr, error } = spawnSync(command, args, options)
  if (status === 0) return stdout
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`)
}
