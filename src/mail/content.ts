// What stands in a mail, and its two forms: plain text and HTML.
import type { Language } from '../input/language.ts'
import type { MailKind, MailParams } from './kinds.ts'

export type Block =
  | { kind: 'text'; text: string }
  /** the one thing to do */
  | { kind: 'button'; text: string; url: string }
  /** things with a name and some lines each, such as channels */
  | { kind: 'list'; items: { title: string; lines: string[]; link?: { text: string; url: string } }[] }

/** In plain words throughout: both forms escape and break lines by themselves. */
export interface MailContent {
  subject: string
  /** at the top of the mail itself */
  title: string
  blocks: Block[]
  /** why one gets it */
  footer: string
  /**
   * Where this kind can be ended: shown below the footer and sent as List-Unsubscribe. Mail programs send it a POST without
   * cookies, which has to do it (RFC 8058); a GET shows a page and changes nothing.
   */
  unsubscribe?: { text: string; url: string }
}

/** What the texts are given. */
export interface About<K extends MailKind = MailKind> {
  params: MailParams[K]
  /** opened for this mail alone; empty where the kind has none */
  link: string
  baseUrl: string
  /** to whom it goes */
  email: string
  language: Language
}

export type MailTexts = { [K in MailKind]: (about: About<K>) => MailContent }

export interface WrittenMail {
  subject: string
  text: string
  html: string
}

/** One line: what comes from servers and people may hold anything. Only what keeps names apart from their sentence stays. */
const plain = (text: string) => text.replace(/(?:[\p{Cc}\u2028\u2029]|(?![\u2068\u2069])\p{Cf})+/gu, ' ').trim()

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string) => plain(text).replace(/[&<>"']/g, (character) => escapes[character] ?? '')

/** @throws where it is no address of the web: nothing else becomes a link */
function href(url: string): string {
  const { protocol } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') throw new Error(`a mail must not link to ${protocol}`)
  return escaped(url)
}

/** @param language of the content, which screen readers are told */
export function writeMail(content: MailContent, language: Language): WrittenMail {
  return { subject: plain(content.subject), text: asText(content), html: asHtml(content, language) }
}

function asText({ title, blocks, footer, unsubscribe }: MailContent): string {
  const parts = blocks.map((block) => {
    switch (block.kind) {
      case 'text':
        return plain(block.text)
      case 'button':
        return `${plain(block.text)}:\n${block.url}`
      case 'list':
        return block.items
          .map(({ title, lines, link }) => {
            const all = [...lines.map(plain), ...(link ? [`${plain(link.text)}: ${link.url}`] : [])]
            return [`* ${plain(title)}`, ...all.map((line) => `  ${line}`)].join('\n')
          })
          .join('\n\n')
    }
  })
  const end = [plain(footer), ...(unsubscribe ? [`${plain(unsubscribe.text)}: ${unsubscribe.url}`] : [])]
  return `${[plain(title), ...parts, `-- \n${end.join('\n')}`].join('\n\n')}\n`
}

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const TEXT = 'margin:0 0 16px;font-size:16px;line-height:1.5;color:#1a2530'
const BUTTON =
  'display:inline-block;padding:12px 20px;border-radius:10px;background:#0a5fd1;color:#ffffff;font-size:16px;font-weight:600;text-decoration:none'

/** Its styles stand at each element, which is all that mail programs agree on. */
function asHtml({ subject, title, blocks, footer, unsubscribe }: MailContent, language: Language): string {
  const link = (text: string, url: string, style: string) =>
    `<a href="${href(url)}" style="${style}">${escaped(text)}</a>`
  const parts = blocks.map((block) => {
    switch (block.kind) {
      case 'text':
        return `<p style="${TEXT}">${escaped(block.text)}</p>`
      case 'button':
        return `<p style="margin:0 0 20px">${link(block.text, block.url, BUTTON)}</p>`
      case 'list':
        return block.items
          .map(({ title, lines, link: to }) => {
            const head = `<p style="margin:0 0 4px;font-size:16px;font-weight:600;color:#1a2530">${escaped(title)}</p>`
            const rest = lines.map(
              (line) => `<p style="margin:0 0 4px;font-size:15px;line-height:1.5;color:#43515f">${escaped(line)}</p>`,
            )
            const end = to
              ? `<p style="margin:8px 0 0">${link(to.text, to.url, 'color:#0a5fd1;font-weight:600')}</p>`
              : ''
            return `<div style="margin:0 0 16px;padding:14px 16px;border:1px solid #dbe2ea;border-radius:12px">${head}${rest.join('')}${end}</div>`
          })
          .join('\n')
    }
  })
  const ends = [
    escaped(footer),
    ...(unsubscribe ? [link(unsubscribe.text, unsubscribe.url, 'color:#5b6875')] : []),
  ].map((line) => `<p style="margin:0 0 6px;font-size:13px;line-height:1.5;color:#5b6875">${line}</p>`)
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(subject)}</title></head>
<body style="margin:0;padding:24px 12px;background:#f3f6f9;${FONT}">
<div style="max-width:560px;margin:0 auto;padding:28px;background:#ffffff;border-radius:16px">
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3;color:#1a2530">${escaped(title)}</h1>
${parts.join('\n')}
</div>
<div style="max-width:560px;margin:16px auto 0;padding:0 28px">${ends.join('')}</div>
</body></html>
`
}
