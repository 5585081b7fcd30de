// Builds the pages into dist/web, compresses them, and holds the first load to its size.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const firstLoadLimitKb = 200

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
      const isFirst = ({ isEntry, name }: (typeof chunks)[number]) => isEntry || name === 'channels-page'
      chunks.filter(isFirst).forEach((chunk) => need(chunk.fileName))
      const bytes = chunks
        .filter((chunk) => needed.has(chunk.fileName))
        .reduce((sum, chunk) => sum + brotliCompressSync(chunk.code).length, 0)
      const kb = bytes / 1000
      console.log(`First load: ${kb.toFixed(1)} kB of compressed JavaScript (limit ${firstLoadLimitKb} kB)`)
      if (kb > firstLoadLimitKb) this.error(`The first load is ${kb.toFixed(1)} kB, more than ${firstLoadLimitKb} kB`)
    },
  }
}

/** The page shows its frame as soon as the HTML is here: what stands before a style sheet does not wait for it. */
const frameFirst = (): Plugin => ({
  name: 'frame-first',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler(html) {
      const sheets = html.match(/ *<link rel="stylesheet"[^>]*>\n/g) ?? []
      const without = sheets.reduce((text, sheet) => text.replace(sheet, ''), html)
      return without.replace('</body>', `${sheets.join('')}  </body>`)
    },
  },
})

/** Once and well, instead of quickly each time. */
const compressAssets = (): Plugin => ({
  name: 'compress-assets',
  apply: 'build',
  async writeBundle({ dir = '' }) {
    const assets = `${dir}/assets`
    for (const name of await readdir(assets)) {
      if (!/\.(js|css|svg)$/.test(name)) continue
      const content = await readFile(`${assets}/${name}`)
      await writeFile(`${assets}/${name}.br`, brotliCompressSync(content))
      await writeFile(`${assets}/${name}.gz`, gzipSync(content, { level: 9 }))
    }
  },
})

export default defineConfig({
  root: 'src/web',
  plugins: [react(), frameFirst(), firstLoadSize(), compressAssets()],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    // The content policy allows no data: addresses except for pictures of accounts.
    assetsInlineLimit: 0,
    target: 'es2022',
    // What changes seldom has a name of its own, which an update of the program leaves as it is.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'libraries',
              test: /node_modules\/(react|react-dom|scheduler|@tanstack|wouter|@mantine|@floating-ui)\//,
            },
            // Dozens of little files would wait for each other.
            { name: 'parts', test: /src\/web\/(parts|data)\// },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': 'http://localhost:3000' } },
})
