// GET /healthz (the process is alive) and GET /readyz (MongoDB and Redis answer), for the API and for every worker.
import { Router } from 'express'
import type { Context } from '../context.ts'
import { checkReady } from '../ready.ts'

export function healthRoutes(context: Context): Router {
  return Router()
    .get('/healthz', (_request, response) => response.json({ status: 'ok' }))
    .get('/readyz', async (_request, response) => {
      const ready = await checkReady(context)
      response.status(ready.status === 'ok' ? 200 : 503).json(ready)
    })
}
