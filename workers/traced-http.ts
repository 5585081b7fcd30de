// A span for each call that goes out, named by its method and by nothing of whom it asks about.
import type { Http } from '../src/http/client.ts'
import { toHttpFault } from '../src/http/fault.ts'
import { inCallSpan } from '../src/tracing/spans.ts'

/** What is no method of an AT Protocol server finds out about an identity: its address holds a handle or a DID. */
function methodOf(address: string): string {
  const [, method = 'lookup'] = /^\/xrpc\/([A-Za-z.]+)$/.exec(URL.parse(address)?.pathname ?? '') ?? []
  return method
}

export const traceCalls = (http: Http): Http => ({
  ...http,
  fetch: (input, init) =>
    inCallSpan(
      methodOf(input instanceof Request ? input.url : String(input)),
      () => http.fetch(input, init),
      (error) => toHttpFault(error)?.reason ?? 'error',
    ),
})
