// Catches the mails of the demo in a real SMTP server on loopback, and shows them on a page: nothing leaves this machine.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { writePrivateFile } from '../private-file.ts'
import { LOOPBACK } from '../processes/ports.ts'

/** Where a running mailbox takes mails, and where it shows them. */
export interface Mailbox {
  smtpUrl: string
  pageUrl: string
}

interface Caught {
  at: string
  from: string
  to: string
  subject: string
  text: string
  html: string
}

type Ports = { smtp: number; page: number }

const KEPT = 200
const MOST_BYTES = 1_000_000

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '')
const withLinks = (text: string) =>
  text
    .split(/(https?:\/\/[^\s<>"]+)/)
    .map((part, index) => (index % 2 === 1 ? `<a href="${escaped(part)}">${escaped(part)}</a>` : escaped(part)))
    .join('')

/** Nothing that a mail holds is run, loaded or sent anywhere. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}' +
  'table{width:100%;border-collapse:collapse}td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #8884}' +
  'pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:1rem;border:1px solid #8884;border-radius:.5rem}' +
  'iframe{width:100%;height:32rem;border:1px solid #8884;border-radius:.5rem;background:#fff}'

const page = (title: string, body: string, head = '') =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${head}` +
  `<title>${escaped(title)}</title><style>${STYLE}</style></head><body><h1>${escaped(title)}</h1>${body}</body></html>`

/** By number, oldest first. */
type Mails = Map<number, Caught>

function list(mails: Mails): string {
  const rows = Array.from(
    mails,
    ([index, { at, to, subject }]) =>
      `<tr><td>${escaped(at.slice(11, 19))}</td><td>${escaped(to)}</td><td><a href="/mails/${index}">${escaped(subject)}</a></td></tr>`,
  )
  const table = `<table><tr><th>At (UTC)</th><th>To</th><th>Subject</th></tr>${rows.toReversed().join('')}</table>`
  const body = mails.size > 0 ? table : '<p>No mail yet. Ask for a new password, for one.</p>'
  return page('Mails of the demo', body, '<meta http-equiv="refresh" content="5">')
}

function show({ at, from, to, subject, text, html }: Caught): string {
  return page(
    subject,
    `<p><a href="/">All mails</a></p><p>From ${escaped(from)} to ${escaped(to)}, ${escaped(at)}</p>` +
      `<h2>Plain text</h2><pre>${withLinks(text)}</pre>` +
      `<h2>HTML</h2><iframe sandbox srcdoc="${escaped(html)}" title="As mail programs show it"></iframe>` +
      `<details><summary>Its source</summary><pre>${escaped(html)}</pre></details>`,
  )
}

const respondFrom =
  (mails: Mails): RequestListener =>
  ({ url = '/', headers }, response) => {
    const send = (status: number, type: string, body: string) =>
      response
        .writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': POLICY })
        .end(body)
    // A page of somebody else whose name leads here would read the links in the mails.
    if (!/^(localhost|127\.0\.0\.1):\d+$/.test(headers.host ?? '')) return send(403, 'text/plain', 'Not by this name.')
    if (url === '/') return send(200, 'text/html', list(mails))
    if (url === '/mails.json') return send(200, 'application/json', JSON.stringify([...mails.values()]))
    const mail = mails.get(Number(/^\/mails\/(\d+)$/.exec(url)?.[1] ?? -1))
    return mail ? send(200, 'text/html', show(mail)) : send(404, 'text/plain', 'There is no such mail.')
  }

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port

/** @param keptIn folder that remembers the ports, so that whoever was told of them finds them after a restart */
export async function startMailbox(keptIn?: string): Promise<Mailbox & { stop(): Promise<void> }> {
  const file = keptIn && path.join(keptIn, 'mailbox.json')
  const kept = file
    ? await readFile(file, 'utf8').then(
        (text) => JSON.parse(text) as Ports,
        () => undefined,
      )
    : undefined
  const mails: Mails = new Map()
  let count = 0
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    logger: false,
    size: MOST_BYTES,
    onData(stream, { envelope }, done) {
      simpleParser(stream).then(({ date, from, subject, text, html }) => {
        mails.set(count++, {
          at: (date ?? new Date()).toISOString(),
          from: from?.text ?? '',
          to: envelope.rcptTo.map(({ address }) => address).join(', '),
          subject: subject ?? '',
          text: text ?? '',
          html: html || '',
        })
        mails.delete(count - KEPT - 1)
        done()
      }, done)
    },
  })
  smtp.on('error', (error) => console.error(`mailbox: ${error.message}`))
  const pages = createServer(respondFrom(mails))
  await once(smtp.listen(kept?.smtp ?? 0, LOOPBACK), 'listening')
  await once(pages.listen(kept?.page ?? 0, LOOPBACK), 'listening')
  const ports: Ports = { smtp: portOf(smtp.server), page: portOf(pages) }
  if (file) await writePrivateFile(file, JSON.stringify(ports))
  return {
    smtpUrl: `smtp://${LOOPBACK}:${ports.smtp}`,
    pageUrl: `http://localhost:${ports.page}`,
    async stop() {
      pages.close()
      pages.closeAllConnections()
      await new Promise<void>((resolve) => smtp.close(() => resolve()))
    },
  }
}

/** The newest link to a page of the program that was sent to somebody, as soon as there is one. */
export async function findLink({ pageUrl }: Pick<Mailbox, 'pageUrl'>, to: string, page: string): Promise<URL> {
  const deadline = AbortSignal.timeout(30_000)
  for (;;) {
    const response = await fetch(`${pageUrl}/mails.json`, { signal: deadline })
    const mails = (await response.json()) as Caught[]
    const texts = mails.flatMap((mail) => (mail.to === to ? [mail.text] : []))
    const links = texts.flatMap((text) => text.match(/https?:\/\/[^\s<>"]+/g) ?? [])
    const link = links.findLast((each) => new URL(each).pathname === `/${page}`)
    if (link) return new URL(link)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
