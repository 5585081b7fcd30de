// /api/admin/api-integration/bluesky: read and save the options. /api/admin/audit: what administrators did.
import { Router } from 'express'
import type { ApiContext } from '../app.ts'
import { takesHttp } from '../config.ts'
import { parseServiceUrl } from '../input/service-url.ts'
import { AuditQuery, OptionsBody, type SavedOptions, type ShownOptions } from '../contract.ts'
import { listAudit } from '../db/audit.ts'
import { findServer } from '../db/servers.ts'
import { AppError } from '../errors.ts'
import { changeOptions, orderLook, readOptions } from '../options.ts'
import { checked, checkedId, requestId, requireAdmin, requireFresh } from './guards.ts'
import { presentAudit } from './present.ts'
import { presentLook } from './present-look.ts'

export function adminRoutes(context: ApiContext): Router {
  const { db, config } = context
  return Router()
    .get('/admin/api-integration/bluesky', async (request, response) => {
      await requireAdmin(context, request)
      response.json(await readShown(context))
    })
    .put('/admin/api-integration/bluesky', async (request, response) => {
      const admin = await requireAdmin(context, request)
      const body = checked(OptionsBody, request.body)
      const typed = body['bluesky_service-url'].trim()
      const parsed = typed ? parseServiceUrl(typed, { takesHttp: (url) => takesHttp(config, url) }) : { origin: '' }
      if ('problem' in parsed) {
        throw new AppError('invalid_input', `The Service URL ${parsed.problem}.`, {
          errors: [{ field: 'bluesky_service-url', message: parsed.problem }],
        })
      }
      const values = { ...body, 'bluesky_service-url': parsed.origin }
      const { 'bluesky_service-url': serviceUrl, bluesky_other_servers: others } = await readOptions(context)
      const goesElsewhere =
        values['bluesky_service-url'] !== serviceUrl.saved || values.bluesky_other_servers !== (others.saved ?? '')
      // Whoever says where app passwords go is asked who they are.
      if (goesElsewhere) await requireFresh(context, request)
      const rerun = await changeOptions(context, values, { actor: admin.email, requestId: requestId(request) })
      await orderLook(context)
      response.json({ ...(await readShown(context)), ...rerun } satisfies SavedOptions)
    })
    .post('/admin/api-integration/bluesky/look', async (request, response) => {
      await requireAdmin(context, request)
      await orderLook(context)
      response.status(202).json(await readShown(context))
    })
    .get('/admin/audit', async (request, response) => {
      await requireAdmin(context, request)
      const { limit, cursor, option } = checked(AuditQuery, request.query)
      const page = await listAudit(db, limit + 1, cursor && checkedId(cursor, 'bad_request'), option?.split(','))
      const entries = page.slice(0, limit).map(presentAudit)
      response.json({ entries, nextCursor: page.length > limit ? (entries.at(-1)?.id ?? null) : null })
    })
}

async function readShown(context: ApiContext): Promise<ShownOptions> {
  const options = await readOptions(context)
  const server = await findServer(context.db, options['bluesky_service-url'].effective)
  return { ...options, look: server && presentLook(server) }
}
