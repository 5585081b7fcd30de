// GET /metrics of a process's own listener, never of the public one.
import type { ServerResponse } from 'node:http'
import type { Metrics } from '../metrics.ts'

export async function respondWithMetrics(
  { registry }: Pick<Metrics, 'registry'>,
  response: ServerResponse,
): Promise<void> {
  try {
    const text = await registry.metrics()
    response.writeHead(200, { 'Content-Type': registry.contentType }).end(text)
  } catch (error) {
    response
      .writeHead(500, { 'Content-Type': 'text/plain' })
      .end(`The metrics cannot be read: ${(error as Error).message}\n`)
  }
}
