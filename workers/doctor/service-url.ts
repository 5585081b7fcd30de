// The Service URL as it is in effect: is it a server, and which. Looked at as workers do, without signing in.
import { lookAtServer } from '../../src/bluesky/look.ts'
import { DEFAULT_SERVICE_URL } from '../../src/config.ts'
import { failed, ok, warning, type Verdict } from '../../src/examination.ts'
import { readOptions } from '../../src/options.ts'
import { findings, namesIn } from '../../src/outcomes/findings.ts'
import type { Patient, Plan } from './examine.ts'

const sources = { saved: 'saved by an administrator', env: 'of BLUESKY_SERVICE_URL', default: 'by default' }

interface InEffect {
  origin: string
  source: string
  paused: boolean
}

/** Without MongoDB, what the environment says. */
export async function readInEffect({ mongo, config }: Pick<Patient, 'mongo' | 'config'>): Promise<InEffect> {
  const opened = await mongo
  const options = 'db' in opened ? await readOptions({ db: opened.db, config }).catch(() => null) : null
  if (!options) {
    const origin = config.bluesky.serviceUrl ?? DEFAULT_SERVICE_URL
    return { origin, source: 'unless an administrator saved another, which MongoDB would know', paused: false }
  }
  const { effective, source } = options['bluesky_service-url']
  const paused = options.bluesky_integration_status.effective === 'disabled'
  return { origin: effective, source: sources[source], paused }
}

export function examineServiceUrl(patient: Patient): Plan[] {
  return [{ id: 'service_url', title: 'Service URL', look: () => examineServer(patient) }]
}

async function examineServer(patient: Patient): Promise<Verdict> {
  const { origin, source, paused } = await readInEffect(patient)
  const look = await lookAtServer(patient, origin)
  const { tone, title, text } = findings[look.finding]
  const inWords = text(namesIn(origin, look, { locale: 'en', nameless: 'another address' }))
  const found = `${origin} (${source}): ${title}`
  if (tone === 'bad') return failed(found, inWords)
  if (tone === 'warn') return warning(found, inWords)
  if (!paused) return ok(`${found}${look.did ? `, ${look.did}` : ''}`)
  return warning(
    `${found}; connections are paused`,
    'An administrator set the Status to disabled: nobody connects until it is enabled at /admin/api-integration/bluesky.',
  )
}
