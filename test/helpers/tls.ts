// Certificates of the test's own making and HTTPS servers that show them.

import { once } from 'node:events'
import { createServer } from 'node:https'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { TlsOptions } from 'node:tls'
import { generate } from 'selfsigned'

export type Certificate = { key: string; cert: string }

const dayMs = 24 * 60 * 60 * 1000

/** Makes a self-signed certificate for a name, by default one that is valid today. */
export async function makeCertificate(
  name: string,
  { notBeforeAt = new Date(Date.now() - dayMs), notAfterAt = new Date(Date.now() + dayMs) } = {},
): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: notBeforeAt,
    notAfterDate: notAfterAt,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  })
  return { key: made.private, cert: made.cert }
}

/** Makes this process trust certificates besides the usual ones; what it returns takes that back. */
export function trustCertificates(...certificates: Certificate[]): () => void {
  const usual = getCACertificates('default')
  setDefaultCACertificates([...usual, ...certificates.map(({ cert }) => cert)])
  return () => setDefaultCACertificates(usual)
}

/** Starts an HTTPS server on loopback; `options` may lower what it speaks. */
export async function startHttpsServer(
  certificate: Certificate,
  listener: RequestListener,
  options: TlsOptions = {},
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer({ ...certificate, ...options }, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
