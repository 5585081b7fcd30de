// Builds the pages into dist/web and holds the first load to its size.
import { gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const firstLoadLimitKb = 250

/** Adds up the compressed JavaScript that the first page needs, prints it, and fails the build when it is too much. */
function firstLoadSize(): Plugin {
  return {
    name: 'first-load-size',
    apply: 'build',
    writeBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((item) => item.type === 'chunk')
      const needed = new Set<string>()
      const need = (fileName: string) => {
        const chunk = chunks.find((item) => item.fileName === fileName)
        if (!chunk || needed.has(fileName)) return
        needed.add(fileName)
        chunk.imports.forEach(need)
      }
      chunks.filter((chunk) => chunk.isEntry).forEach((chunk) => need(chunk.fileName))
      const bytes = chunks
        .filter((chunk) => needed.has(chunk.fileName))
        .reduce((sum, chunk) => sum + gzipSync(chunk.code).length, 0)
      const kb = bytes / 1000
      console.log(`First load: ${kb.toFixed(1)} kB of compressed JavaScript (limit ${firstLoadLimitKb} kB)`)
      if (kb > firstLoadLimitKb) this.error(`The first load is ${kb.toFixed(1)} kB, more than ${firstLoadLimitKb} kB`)
    },
  }
}

export default defineConfig({
  root: 'src/web',
  plugins: [react(), firstLoadSize()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    // The content policy allows no data: addresses except for pictures of accounts.
    assetsInlineLimit: 0,
    target: 'es2022',
  },
  server: { proxy: { '/api': 'http://localhost:3000' } },
})
