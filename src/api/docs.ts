// /api/openapi.json, and /api/docs, which shows it.
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Router } from 'express'
import type { Config } from '../config.ts'
import { openApiDocument } from './openapi/document.ts'

const PAGES = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/swagger-ui.css')))
/** All that the page asks for, of a package with much more in it. */
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js']
const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bluesky-connect API</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body><div id="ui"></div><script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></body></html>`
const start = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#ui' })`

export function docsRoutes({ http }: Pick<Config, 'http'>): Router {
  const document = openApiDocument(http.baseUrl)
  return Router()
    .get('/openapi.json', (_request, response) => response.json(document))
    .get('/docs', (_request, response) => response.type('html').send(page))
    .get('/docs/start.js', (_request, response) => response.type('js').send(start))
    .get(
      FILES.map((name) => `/docs/${name}`),
      (request, response) => response.sendFile(basename(request.path), { root: PAGES }),
    )
}
