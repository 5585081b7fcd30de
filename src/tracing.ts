// Traces by the standard variables of OpenTelemetry (OTEL_*): off unless they say where to, and nothing of it is loaded then.
import type { Telemetry } from 'bullmq'
import type { Env, ProcessKind } from './environment.ts'

export interface Tracing {
  /** for queues and workers: a job carries on the trace of what enqueued it */
  telemetry: Telemetry
  /** sends what is left */
  stop(): Promise<void>
}

const isWanted = (env: Env): boolean => {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none') return false
  return Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])
}

/** To be called before anything is opened. @throws ConfigError */
export async function startTracing(kind: ProcessKind, env: Env): Promise<Tracing | undefined> {
  if (!isWanted(env)) return undefined
  const { openTracing } = await import('./tracing/sdk.ts')
  return openTracing(kind, env)
}
