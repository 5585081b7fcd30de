// The list in docs/metrics.md is made from the registry; `npx vitest run test/unit/metrics-doc.test.ts -u` makes it anew.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createMetrics } from '../../src/metrics.ts'

const PATH = new URL('../../docs/metrics.md', import.meta.url).pathname
const HEADING = '## All metrics\n'

interface Metric {
  name: string
  help: string
  labelNames: string[]
  constructor: { name: string }
}

function listOfMetrics(): string {
  const metrics = createMetrics().registry.getMetricsAsArray() as unknown as Metric[]
  const own = metrics.filter(({ name }) => name.startsWith('bluesky_connect_'))
  const lines = own.map(({ name, help, labelNames, constructor }) => {
    const by = labelNames.length > 0 ? ` by ${labelNames.map((label) => `\`${label}\``).join(', ')}` : ''
    return `- \`${name}\`, a ${constructor.name.toLowerCase()}${by}: ${help}`
  })
  return lines.toSorted().join('\n')
}

test('docs/metrics.md lists every metric that there is', async () => {
  const [before = ''] = readFileSync(PATH, 'utf8').split(HEADING)
  await expect(`${before}${HEADING}\n${listOfMetrics()}\n`).toMatchFileSnapshot(PATH)
})
