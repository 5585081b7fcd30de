// Serves the built pages: one HTML file for every address that there is, and what it loads.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import express, { Router, type RequestHandler, type Response } from 'express'
import { pagePaths } from '../input/page-paths.ts'

const PAGES = resolve(import.meta.dirname, '../../dist/web')
const HTML = `${PAGES}/index.html`
const ICON = '/favicon.svg'
/** As the build names what it has compressed, smallest first. */
const encodings = { br: '.br', gzip: '.gz' }

export const hasPages = () => existsSync(HTML)

/** For the content policy: what the page shows before its style sheet is here. */
export function styleHashes(): string[] {
  if (!hasPages()) return []
  const styles = readFileSync(HTML, 'utf8').matchAll(/<style>([^]*?)<\/style>/g)
  return [...styles].map(([, style = '']) => `'sha256-${createHash('sha256').update(style).digest('base64')}'`)
}

/** The same for every address: which of the pages it is, the browser finds out. */
export const sendPage = (response: Response) => response.set('Cache-Control', 'no-cache').sendFile(HTML)

/** Sends what was compressed at the build. Nothing else is ever compressed: it might hold a secret of a person. */
function compressed(): RequestHandler {
  const files = new Set(readdirSync(`${PAGES}/assets`))
  return (request, response, next) => {
    response.vary('Accept-Encoding')
    const encoding = request.acceptsEncodings(Object.keys(encodings)) as keyof typeof encodings | false
    if (encoding && files.has(`${request.path.slice(1)}${encodings[encoding]}`)) {
      response.set('Content-Encoding', encoding).type(extname(request.path))
      request.url += encodings[encoding]
    }
    next()
  }
}

export function pageRoutes(): Router {
  return Router()
    .use(
      '/assets',
      compressed(),
      express.static(`${PAGES}/assets`, {
        immutable: true,
        maxAge: '1y',
        index: false,
        redirect: false,
        fallthrough: false,
      }),
    )
    .get(ICON, (_request, response) => response.sendFile(`${PAGES}${ICON}`, { maxAge: '1h' }))
    .get([...pagePaths], (_request, response) => sendPage(response))
}
