// A receiver of OpenTelemetry traces over HTTP, as small as it can be: it keeps the spans that it is sent.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedSpan {
  service: string
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  attributes: Record<string, string>
}

interface Attribute {
  key: string
  value: { stringValue?: string; intValue?: number | string }
}
interface Export {
  resourceSpans: {
    resource: { attributes: Attribute[] }
    scopeSpans: { spans: (Omit<ReceivedSpan, 'service' | 'attributes'> & { attributes: Attribute[] })[] }[]
  }[]
}

const named = (attributes: Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, String(value.stringValue ?? value.intValue)]))

export async function openTraceReceiver() {
  const spans: ReceivedSpan[] = []
  /** word for word, for what must not be in it */
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => (text += part))
    request.on('end', () => {
      bodies.push(text)
      for (const { resource, scopeSpans } of (JSON.parse(text) as Export).resourceSpans) {
        const service = named(resource.attributes)['service.name'] ?? ''
        const received = scopeSpans.flatMap((scope) => scope.spans)
        spans.push(...received.map((span) => ({ ...span, service, attributes: named(span.attributes) })))
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bodies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
