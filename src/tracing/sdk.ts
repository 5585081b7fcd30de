// Opens the OpenTelemetry SDK: which spans leave the process, with what in them, and where to.
import { context, propagation, SpanKind, trace, type Attributes } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type ReadableSpan,
  type Sampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace'
import { BullMQOtel } from 'bullmq-otel'
import { ConfigError } from '../config.ts'
import type { Env, ProcessKind } from '../environment.ts'
import type { Tracing } from '../tracing.ts'
import { version } from '../version.ts'
import { SCOPE } from './spans.ts'

const BULLMQ = 'bullmq'

/** All that a span may say: words of ours, numbers, and ids that we drew ourselves. */
const SAID = new Set([
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'error.type',
  'rpc.method',
  'bluesky_connect.request_id',
  'bullmq.queue.name',
  'bullmq.queue.operation',
  'bullmq.job.name',
  'bullmq.job.id',
])

/** An idle worker looks for jobs and for lost ones all the time, which nobody wants to read. */
const isOurs = ({ instrumentationScope: { name }, kind }: ReadableSpan) =>
  name === SCOPE || (name === BULLMQ && kind !== SpanKind.INTERNAL)

/** Without the messages of errors, which may repeat what was sent. */
function withoutOthersWords(span: ReadableSpan): ReadableSpan {
  const attributes: Attributes = Object.fromEntries(Object.entries(span.attributes).filter(([name]) => SAID.has(name)))
  const status = { code: span.status.code }
  return Object.create(span, {
    attributes: { value: attributes },
    events: { value: [] },
    links: { value: [] },
    status: { value: status },
  }) as ReadableSpan
}

const harmless = (exporter: SpanExporter): SpanExporter => ({
  export: (spans, done) => exporter.export(spans.filter(isOurs).map(withoutOthersWords), done),
  shutdown: () => exporter.shutdown(),
  forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
})

function samplerOf(env: Env): Sampler {
  const name = env['OTEL_TRACES_SAMPLER'] ?? 'parentbased_always_on'
  const ratio = Number(env['OTEL_TRACES_SAMPLER_ARG'] ?? 1)
  const [, parentBased, root = ''] = /^(parentbased_)?(.*)$/.exec(name) ?? []
  const roots: Record<string, () => Sampler> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  }
  const make = roots[root]
  if (!make || !(ratio >= 0 && ratio <= 1)) {
    throw new ConfigError(
      `The configuration has mistakes:\n  OTEL_TRACES_SAMPLER is not usable: expected always_on, always_off or ` +
        `traceidratio, also with parentbased_ in front, and OTEL_TRACES_SAMPLER_ARG from 0 to 1`,
    )
  }
  return parentBased ? new ParentBasedSampler({ root: make() }) : make()
}

/** @throws ConfigError */
export function openTracing(kind: ProcessKind, env: Env): Tracing {
  const own = resourceFromAttributes({ 'service.name': `bluesky-connect-${kind}`, 'service.version': version })
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(own)
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerOf(env),
    spanProcessors: [new BatchSpanProcessor({ exporter: harmless(new OTLPTraceExporter()) })],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  return { telemetry: new BullMQOtel({ tracerName: BULLMQ }), stop: () => provider.shutdown() }
}
