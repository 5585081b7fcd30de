// Makes spans of our own, which cost next to nothing while nobody takes them.
import { context, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api'

export const SCOPE = 'bluesky-connect'

const tracer = () => trace.getTracer(SCOPE)

/** Of a request that came in. Never the caller's own trace: what strangers say is not part of ours. */
export const startRequestSpan = (method: string): Span =>
  tracer().startSpan(method, { kind: SpanKind.SERVER, root: true, attributes: { 'http.request.method': method } })

/** What `work` begins belongs to the span. */
export const within = (span: Span, work: () => void): void => context.with(trace.setSpan(context.active(), span), work)

/** A call to another server; it ends with its answer. @param faultOf a word for what it threw */
export const inCallSpan = (
  name: string,
  work: () => Promise<Response>,
  faultOf: (error: unknown) => string,
): Promise<Response> =>
  tracer().startActiveSpan(
    `call ${name}`,
    { kind: SpanKind.CLIENT, attributes: { 'rpc.method': name } },
    async (span) => {
      try {
        const response = await work()
        span.setAttribute('http.response.status_code', response.status)
        return response
      } catch (error) {
        span.setAttribute('error.type', faultOf(error)).setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        span.end()
      }
    },
  )
