// How tests run in a copy of the program: in the order given, and each failure is told at once.
import { relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import type { Reporter, TestSpecification } from 'vitest/node'
import base from '../../vitest.config.ts'

const order = JSON.parse(process.env['MUTATION_TESTS'] ?? '[]') as string[]
const nameOf = (file: string) => relative(process.cwd(), file)
const tell = (told: object) => process.stdout.write(`@@${JSON.stringify(told)}\n`)

const reporter: Reporter = {
  onTestCaseResult(test) {
    const passed = test.result().state !== 'failed'
    if (!passed) tell({ test: nameOf(test.module.moduleId), passed, failed: test.fullName })
  },
  onTestModuleEnd(module) {
    const { setupDuration, collectDuration, duration } = module.diagnostic()
    const test = nameOf(module.moduleId)
    tell({ test, passed: module.ok(), failed: test, ms: setupDuration + collectDuration + duration })
  },
}

class AsGiven {
  sort = (files: TestSpecification[]) =>
    files.toSorted((a, b) => order.indexOf(nameOf(a.moduleId)) - order.indexOf(nameOf(b.moduleId)))
  shard = (files: TestSpecification[]) => files
}

export default defineConfig({
  cacheDir: '.runtime/vite',
  test: {
    ...base.test,
    setupFiles: ['test/nothing-left-behind.ts', 'test/mutation/which-test.ts'],
    sequence: { sequencer: AsGiven },
    maxWorkers: Number(process.env['MUTATION_WORKERS'] ?? 1),
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: [reporter],
  },
})
