// How the tests run: three processes share the files, on real stores and a real PDS that one set-up starts for all.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    setupFiles: ['test/nothing-left-behind.ts'],
    pool: 'forks',
    maxWorkers: 3,
    // Loading the program anew for each file took a third of the time; what a file leaves open is noticed at its end.
    isolate: false,
    testTimeout: 60_000,
    // A loaded machine may take long for what comes at once on another.
    expect: { poll: { timeout: 45_000 } },
    hookTimeout: 120_000,
    reporters: ['default'],
  },
})
