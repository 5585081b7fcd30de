// /api/admin/api-integration/bluesky: read and save the options. /api/admin/audit: who changed them.
import { Router } from 'express'
import type { ApiContext } from '../app.ts'
import type { OutcomeCode } from '../bluesky/outcomes.ts'
import { parseServiceUrl } from '../bluesky/service-url.ts'
import { OptionsBody, PageQuery, type AuditEntry } from '../contract.ts'
import { addAudit, listAudit } from '../db/audit.ts'
import { restartWaiting } from '../db/channels.ts'
import { saveOption, type OptionKey } from '../db/options.ts'
import { AppError } from '../errors.ts'
import { readOptions } from '../options.ts'
import { checked, checkedId, requestId, requireAdmin } from './guards.ts'

/** What the channels are waiting for that the mistake in an option broke. */
const mendedBy: Record<OptionKey, OutcomeCode[]> = {
  'bluesky_service-url': ['wrong_server', 'not_a_pds', 'pds_address_blocked'],
  bluesky_integration_status: ['integration_disabled'],
}

export function adminRoutes(context: ApiContext): Router {
  const { db, config } = context
  return Router()
    .get('/admin/api-integration/bluesky', async (request, response) => {
      await requireAdmin(context, request)
      response.json(await readOptions(context))
    })
    .put('/admin/api-integration/bluesky', async (request, response) => {
      const admin = await requireAdmin(context, request)
      const body = checked(OptionsBody, request.body)
      const typed = body['bluesky_service-url'].trim()
      const parsed = typed ? parseServiceUrl(typed, { allowHttp: config.bluesky.allowPrivateNetwork }) : { origin: '' }
      if ('problem' in parsed) {
        throw new AppError('invalid_input', `The Service URL ${parsed.problem}.`, {
          errors: [{ field: 'bluesky_service-url', message: parsed.problem }],
        })
      }
      const before = await readOptions(context)
      const values: Record<OptionKey, string> = {
        'bluesky_service-url': parsed.origin,
        bluesky_integration_status: body.bluesky_integration_status,
      }
      let restarted = 0
      for (const key of Object.keys(values) as OptionKey[]) {
        const from = await saveOption(db, key, values[key])
        if (from === values[key]) continue
        const after = await readOptions(context)
        const mends =
          after.bluesky_integration_status.effective === 'enabled' && before[key].effective !== after[key].effective
        const serviceUrl = after['bluesky_service-url'].effective
        const count = mends
          ? await restartWaiting(db, mendedBy[key], { serviceUrl, requestId: requestId(request), at: new Date() })
          : 0
        restarted += count
        await addAudit(db, { at: new Date(), actor: admin.email, option: key, from, to: values[key], restarted: count })
      }
      response.json({ ...(await readOptions(context)), restarted })
    })
    .get('/admin/audit', async (request, response) => {
      await requireAdmin(context, request)
      const { limit, cursor } = checked(PageQuery, request.query)
      const page = await listAudit(db, limit + 1, cursor && checkedId(cursor, 'bad_request'))
      const entries = page.slice(0, limit).map(
        ({ _id, at, ...entry }): AuditEntry => ({ id: _id.toHexString(), at: at.toISOString(), ...entry }),
      )
      response.json({ entries, nextCursor: page.length > limit ? (entries.at(-1)?.id ?? null) : null })
    })
}
