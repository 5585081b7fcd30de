// The alert rules and the dashboard: whatever they ask for is there in what API and worker really tell, and each alert has its section.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { outcomeCodes } from '../../src/outcomes/catalogue.ts'
import { scrape, type Sample } from '../helpers/metrics.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, type System } from '../helpers/system.ts'

const pds = inject('pds')
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const rules = read('deploy/prometheus/alerts.yml')
const dashboard = read('deploy/grafana/bluesky-connect.json')

/** Whoever scrapes adds these. */
const OF_SCRAPE = ['job', 'instance', 'kind']
let system: System
let samples: Sample[]
let text: string

beforeAll(async () => {
  system = await createSystem()
  const user = await system.user()
  const account = await createAccount(pds)
  const { id } = await user.connect(account.handle, await createAppPassword(account))
  await system.until(user, id, ({ status }) => status === 'connected')
  ;({ samples, text } = await scrape(system))
})
afterAll(() => system.stop())

/** The expressions of alerts, each on its line or indented beneath it. */
const ofRules = [...rules.matchAll(/^ +expr: (?:\|\n((?: {10,}.*\n)+)|(.+)\n)/gm)].map(
  ([, block, line]) => block ?? line ?? '',
)
const ofPanels = (JSON.parse(dashboard) as { panels: { targets?: { expr: string }[] }[] }).panels.flatMap(
  ({ targets = [] }) => targets.map(({ expr }) => expr),
)
const legends = (JSON.parse(dashboard) as { panels: { targets?: { expr: string; legendFormat: string }[] }[] }).panels
  .flatMap(({ targets = [] }) => targets)
  .map(({ expr, legendFormat }) => ({
    expr,
    names: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name),
  }))

const METRIC = /\b((?:bluesky_connect|nodejs|process)_\w+|up)\b(?:\{([^}]*)\})?/g
interface Asked {
  expr: string
  name: string
  labels: { label: string; operator: string; value: string }[]
}
const askedBy = (expr: string): Asked[] =>
  [...expr.matchAll(METRIC)].map(([, name = '', matchers = '']) => ({
    expr,
    name,
    labels: [...matchers.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].map(([, label = '', operator = '', value = '']) => {
      return { label, operator, value }
    }),
  }))
const expressions = [...ofRules, ...ofPanels]
const asked = expressions.flatMap(askedBy).filter(({ name }) => name !== 'up')

const labelsOf = (name: string): string[] => {
  const family = name.replace(/_(bucket|sum|count)$/, '')
  const { registry } = system.context.metrics
  const metric = registry.getSingleMetric(name) ?? registry.getSingleMetric(family)
  const { labelNames = [] } = (metric ?? {}) as { labelNames?: string[] }
  const seen = samples.filter((sample) => sample.name === name).flatMap(({ labels }) => Object.keys(labels))
  return [...new Set([...labelNames, ...seen])]
}

test('there are expressions to look at', () => {
  expect(ofRules.length).toBe(rules.match(/- alert:/g)?.length)
  expect(ofPanels.length).toBeGreaterThan(30)
  for (const expr of expressions) expect(askedBy(expr), expr).not.toEqual([])
})

test('every metric that is asked for is in the output, a histogram under the name that it is asked by', () => {
  for (const { name, expr } of asked) {
    const family = name.replace(/_(bucket|sum|count)$/, '')
    expect(text, expr).toMatch(new RegExp(`^# TYPE (${name} (gauge|counter)|${family} histogram)$`, 'm'))
  }
})

test('every label that is asked for belongs to its metric', () => {
  for (const { expr, name, labels } of asked) {
    for (const { label } of labels) expect([...labelsOf(name), ...OF_SCRAPE], `${label} in ${expr}`).toContain(label)
  }
  for (const expr of expressions) {
    const grouped = [...expr.matchAll(/\b(?:by|on|without|ignoring) \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(/, ?/),
    )
    const there = askedBy(expr).flatMap(({ name }) => labelsOf(name))
    for (const label of grouped) expect([...there, ...OF_SCRAPE], `${label} in ${expr}`).toContain(label)
  }
  for (const { expr, names } of legends) {
    const there = askedBy(expr).flatMap(({ name }) => labelsOf(name))
    for (const name of names) expect([...there, ...OF_SCRAPE], `${name} in the legend of ${expr}`).toContain(name)
  }
})

test('every value that is asked for is one that can be there', () => {
  const closed: Record<string, string[]> = {
    outcome: outcomeCodes,
    fix_by: ['nobody', 'user', 'admin', 'time', 'us'],
    job: ['bluesky-connect'],
    result: ['ok', 'failed'],
    status: ['connected', '5..'],
  }
  for (const { expr, name, labels } of asked) {
    for (const { label, value } of labels) {
      const there = samples.filter((sample) => sample.name === name).map((sample) => sample.labels[label] ?? '')
      for (const one of value.split('|'))
        expect([...there, ...(closed[label] ?? [])], `${one} in ${expr}`).toContain(one)
    }
  }
})

test('each alert has a section in the docs under the address that it names', () => {
  const sections = [...read('docs/alerts.md').matchAll(/^## (\w+)$/gm)].map(([, name = '']) => name)
  const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name)
  expect(sections).toEqual(alerts)
  const runbooks = [...rules.matchAll(/runbook: docs\/alerts\.md#(\w+)/g)].map(([, name = '']) => name)
  expect(runbooks).toEqual(alerts.map((name) => name.toLowerCase()))
})
