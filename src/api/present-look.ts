// What a look at a server told, as administrators read it.
import type { Look } from '../contract.ts'
import type { ServerDoc } from '../db/servers.ts'
import { findings, namesIn } from '../outcomes/findings.ts'

export function presentLook(server: ServerDoc): Look | null {
  const { _id, finding, lookedAt, wanted, domains, target, suggestion, detail } = server
  if (!finding || !lookedAt || wanted) return null
  const { tone, title, text } = findings[finding]
  const told = { domains, target, suggestion, detail }
  const named = namesIn(_id, told, { locale: 'en', nameless: 'another address' })
  return { finding, tone, title, text: text(named), ...told, lookedAt: lookedAt.toISOString() }
}
