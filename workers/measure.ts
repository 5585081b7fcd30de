// What metrics hear of a step: how it ended, and whether the connect that it belongs to is over.
import type { Context } from '../src/context.ts'
import type { Options } from '../src/contract.ts'
import { isInStep, type Channel } from '../src/db/channels.ts'
import type { StepName } from '../src/jobs.ts'
import type { Metrics, ServerClass } from '../src/metrics.ts'
import { readOptions } from '../src/options.ts'
import type { Result } from './result.ts'

/** Of Bluesky itself, which has an entryway and many servers behind it. */
const BLUESKY = /(^|\.)bsky\.(social|network|app)$/

export function classOf(origin: string, serviceUrl: string): ServerClass {
  if (origin === serviceUrl) return 'service_url'
  return BLUESKY.test(URL.parse(origin)?.hostname ?? '') ? 'bluesky' : 'other'
}

interface Measured {
  name: StepName
  /** as it was claimed */
  channel: Pick<Channel, 'submittedAt' | 'lease'>
  options: Options
  startedAt: Date
}

export function measureStep(metrics: Metrics, { name, channel, options, startedAt }: Measured, result: Result): void {
  if (!('outcome' in result)) return
  const { outcome } = result
  const server = classOf(result.server, options['bluesky_service-url'].effective)
  metrics.stepEnded(name, outcome, server, Date.now() - startedAt.getTime())
  const isOver = 'status' in result && !isInStep(result) && result.status !== 'retrying'
  if (!isOver || (name !== 'connect' && name !== 'verify')) return
  const { submittedAt, lease } = channel
  metrics.connectEnded({ status: result.status, outcome, server, submittedAt, tries: lease.failures + 1 })
}

/** A connect whose time was over before it could be tried once more. Rare enough to read the options for it. */
export async function measureGivenUp(
  context: Pick<Context, 'metrics' | 'db' | 'config'>,
  channel: Channel,
): Promise<void> {
  const { status, outcome, submittedAt, lease } = channel
  const options = await readOptions(context).catch(() => null)
  const server = classOf(channel.serviceUrl, options?.['bluesky_service-url'].effective ?? '')
  const code = outcome?.code ?? 'unknown'
  context.metrics.connectEnded({ status, outcome: code, server, submittedAt, tries: lease.failures })
}
