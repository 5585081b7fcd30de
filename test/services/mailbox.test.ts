// The demo's mailbox: takes mails, shows them without running what they hold, and is found again after a restart.
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createTransport } from 'nodemailer'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { findLink, startMailbox } from '../../services/demo/mailbox.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'mailbox-'))
  return () => rm(dir, { recursive: true, force: true })
})

const send = (smtpUrl: string, more: object = {}) =>
  createTransport(smtpUrl).sendMail({
    from: 'a@example.com',
    to: 'b@example.com',
    subject: 'Hello',
    text: 'Hi',
    ...more,
  })
const read = async (url: string) => (await fetch(url)).text()

test('a mail is listed, and shown as text and as HTML that can do nothing', async () => {
  const box = await startMailbox()
  onTestFinished(box.stop)
  expect(await read(box.pageUrl)).toContain('No mail yet')
  const html = '<p onclick="x()">Hi</p><script>alert(1)</script>'
  await send(box.smtpUrl, { subject: '<b>Bold</b>', text: 'See https://example.com/page#token <i>', html })
  expect(await read(box.pageUrl)).toContain('<a href="/mails/0">&lt;b&gt;Bold&lt;/b&gt;</a>')
  const response = await fetch(`${box.pageUrl}/mails/0`)
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  const page = await response.text()
  expect(page).toContain('<a href="https://example.com/page#token">https://example.com/page#token</a> &lt;i&gt;')
  expect(page).toContain('<iframe sandbox srcdoc="&lt;p onclick=&quot;x()&quot;&gt;Hi')
  expect(page).not.toContain('<script')
  expect((await findLink(box, 'b@example.com', 'page')).hash).toBe('#token')
  expect((await fetch(`${box.pageUrl}/mails/1`)).status).toBe(404)
})

test('a page of another name does not get to read it', async () => {
  const box = await startMailbox()
  onTestFinished(box.stop)
  const status = await new Promise((resolve, reject) => {
    request(`${box.pageUrl}/mails.json`, { headers: { host: 'evil.example' } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(status).toBe(403)
})

test('its addresses outlive a restart', async () => {
  const first = await startMailbox(dir)
  const { smtpUrl, pageUrl } = first
  await first.stop()
  const second = await startMailbox(dir)
  onTestFinished(second.stop)
  expect(second).toMatchObject({ smtpUrl, pageUrl })
})
