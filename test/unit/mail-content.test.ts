// Mails in both forms: nothing that people or servers wrote becomes more than text, and both languages say the same.
import { expect, test } from 'vitest'
import { writeMail, type About, type MailContent } from '../../src/mail/content.ts'
import { de } from '../../src/mail/de.ts'
import { en } from '../../src/mail/en.ts'
import { mailKinds, type MailKind } from '../../src/mail/kinds.ts'

const about: About = {
  params: {},
  link: 'https://connect.example.com/reset-password#token',
  baseUrl: 'https://connect.example.com',
  email: 'ada@example.com',
  language: 'en',
}
const content = (more: Partial<MailContent>): MailContent => ({
  subject: 'Subject',
  title: 'Title',
  blocks: [],
  footer: 'Footer',
  ...more,
})

test('what looks like HTML is text', () => {
  const bad = `<img src=x onerror="alert('1')">&amp;`
  const blocks: MailContent['blocks'] = [
    { kind: 'text', text: bad },
    { kind: 'button', text: bad, url: 'https://example.com/?a=1&b="2"' },
    { kind: 'list', items: [{ title: bad, lines: [bad], link: { text: bad, url: 'https://example.com/' } }] },
  ]
  const { html, text } = writeMail(content({ subject: bad, title: bad, footer: bad, blocks }), 'en')
  expect(html).not.toContain('<img')
  expect(html.match(/&lt;img src=x onerror=&quot;alert\(&#39;1&#39;\)&quot;&gt;&amp;amp;/g)).toHaveLength(8)
  expect(html).toContain('href="https://example.com/?a=1&amp;b=&quot;2&quot;"')
  expect(text).toContain(bad)
})

test.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'not an address'])(
  '%s is no link',
  (url) => {
    expect(() => writeMail(content({ blocks: [{ kind: 'button', text: 'x', url }] }), 'en')).toThrow(
      /link to|Invalid URL/,
    )
  },
)

test('a line stays one line, whatever stands in it', () => {
  const odd = 'one\r\nBcc: x@example.com\u2028two\u202Ethree\0'
  const { subject, text, html } = writeMail(content({ subject: odd, blocks: [{ kind: 'text', text: odd }] }), 'en')
  expect(subject).toBe('one Bcc: x@example.com two three')
  expect(text).toContain('\none Bcc: x@example.com two three\n')
  expect(html).toContain('>one Bcc: x@example.com two three<')
})

test('where a kind can be ended stands in both forms', () => {
  const unsubscribe = { text: 'No more of these', url: 'https://connect.example.com/unsubscribe#x' }
  const { text, html } = writeMail(content({ unsubscribe }), 'en')
  expect(text).toMatch(/-- \nFooter\nNo more of these: https:\/\/connect\.example\.com\/unsubscribe#x\n$/)
  expect(html).toContain('<a href="https://connect.example.com/unsubscribe#x"')
})

/** What the others say depends on what they tell of: notice-mails.test.ts. */
const alwaysTheSame = (Object.keys(mailKinds) as MailKind[]).filter((kind) => !mailKinds[kind].topic)
test.each(alwaysTheSame)('%s: both languages have the same parts and links, and a subject of their own', (kind) => {
  const [english, german] = [en, de].map((texts) => (texts[kind] as (about: About) => MailContent)(about))
  const shape = ({ blocks = [], unsubscribe }: Partial<MailContent> = {}) => ({
    blocks: blocks.map((block) => [block.kind, 'url' in block ? block.url : '']),
    ends: unsubscribe?.url,
  })
  expect(shape(german)).toEqual(shape(english))
  expect(german?.subject).not.toBe(english?.subject)
  for (const one of [english, german]) {
    const { subject, text } = writeMail(one ?? content({}), 'en')
    expect(subject.length).toBeLessThan(70)
    expect(text).toContain('ada@example.com')
  }
})
