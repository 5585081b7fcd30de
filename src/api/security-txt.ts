// GET /.well-known/security.txt (RFC 9116): where to tell of a hole, if whoever runs the program has said so.
import { Router } from 'express'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'

/** Under the year that the RFC asks for; said anew with every response. */
const GOOD_FOR_MS = 180 * 24 * 3600_000

export function securityTxtRoutes({ http }: Pick<Config, 'http'>): Router {
  return Router().get('/.well-known/security.txt', (_request, response) => {
    if (!http.securityContact) throw new AppError('not_found', 'No contact is set here.')
    const fields = [
      `Contact: ${http.securityContact}`,
      `Expires: ${new Date(Date.now() + GOOD_FOR_MS).toISOString()}`,
      'Preferred-Languages: en, de',
      `Canonical: ${http.baseUrl}/.well-known/security.txt`,
    ]
    response.type('text/plain').send(`${fields.join('\n')}\n`)
  })
}
