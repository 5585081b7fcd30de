// The mails about channels and incidents: what is kept with their order, and how it is said.
import type { FoundIncident } from '../incident.ts'
import type { Channel, StoredOutcome } from '../db/channels.ts'
import { inSentences, shownHandle } from '../input/shown.ts'
import type { Language } from '../input/language.ts'
import { outcomes, type OutcomeCode } from '../outcomes/catalogue.ts'
import { deOutcomes } from '../outcomes/de.ts'
import { alsoOf, buttonOf, isGivenUp } from '../outcomes/rules.ts'
import { fill, forUsers, givenUp, phrases } from '../outcomes/words.ts'
import type { About, Block, MailContent, MailTexts } from './content.ts'
import type { MailParams } from './kinds.ts'

/** A channel as it was when the mail was ordered. */
export interface ToldChannel {
  id: string
  /** its handle, or what it was connected by */
  name: string
  since: string
  outcome: Pick<StoredOutcome, 'code' | 'step' | 'params'> | null
  /** nothing happens by itself any more */
  givenUp: boolean
  /** a new sign-in helps, at once or when the cause is gone */
  reconnects: boolean
}

export type ToldIncident = FoundIncident

/** With more the mail would be long; the page has them all. */
const MOST_NAMED = 25

export function toldOf(broken: Channel[], well: Channel[], at: Date): MailParams['channels'] {
  const named = (channels: Channel[]) => channels.slice(0, MOST_NAMED).map((channel) => told(channel, at))
  const more = (channels: Channel[]) => Math.max(0, channels.length - MOST_NAMED)
  return { broken: named(broken), well: named(well), more: { broken: more(broken), well: more(well) } }
}

function told(channel: Channel, at: Date): ToldChannel {
  const { _id, handle, identifier, status, outcome, since, brokenSince } = channel
  return {
    id: _id.toHexString(),
    name: handle ?? identifier,
    since: (status === 'connected' ? since : (brokenSince ?? since)).toISOString(),
    outcome: outcome && { code: outcome.code, step: outcome.step, params: forUsers(outcome.params) },
    givenUp: outcome !== null && isGivenUp(status, outcome.code),
    reconnects: [buttonOf(channel, at), alsoOf(channel)].some((button) => button === 'reconnect'),
  }
}

/** What the mails about channels and incidents say in a language. */
export interface NoticeWords {
  /** for dates and numbers */
  locale: string
  channels: {
    /** @param names shown, of all there are */
    brokenSubject: (names: string[], count: number) => string
    wellSubject: (names: string[], count: number) => string
    brokenLead: string
    wellLead: string
    since: (time: string) => string
    reconnect: string
    look: string
    more: (count: number) => string
    all: string
    footer: (email: string) => string
    unsubscribe: string
  }
  incidents: {
    openedSubject: (title: string, server: string) => string
    closedSubject: (title: string, server: string) => string
    several: (count: number) => string
    opened: (share: string, connects: number, since: string, before: string) => string
    closed: (failed: number, connects: number, since: string) => string
    show: string
    footer: (email: string) => string
    unsubscribe: string
  }
}

export const noticeTexts = (words: NoticeWords): Pick<MailTexts, 'channels' | 'incidents'> => ({
  channels: (about) => channelsMail(words.channels, words.locale, about),
  incidents: (about) => incidentsMail(words.incidents, words.locale, about),
})

/** Where the reader lives is not known. */
const inTime = (time: string, locale: string) =>
  `${new Date(time).toLocaleString(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })} UTC`

function channelsMail(words: NoticeWords['channels'], locale: string, about: About<'channels'>): MailContent {
  const { params, baseUrl, email, language, link } = about
  const { broken, well, more } = params
  const page = `${baseUrl}/app/channels`
  const names = (channels: ToldChannel[]) => channels.map(({ name }) => shownHandle(name))
  const counts = { broken: broken.length + more.broken, well: well.length + more.well }
  const subject =
    counts.broken > 0 ? words.brokenSubject(names(broken), counts.broken) : words.wellSubject(names(well), counts.well)
  const rest = (count: number): Block[] => (count > 0 ? [{ kind: 'text', text: words.more(count) }] : [])
  const brokenItem = (channel: ToldChannel) => {
    const { title, cause, fix } = outcomeWords(channel, language)
    return {
      title: `${shownHandle(channel.name)}: ${title}`,
      lines: [cause, fix, words.since(inTime(channel.since, locale))].filter(Boolean),
      link: channel.reconnects
        ? { text: words.reconnect, url: `${page}?reconnect=${channel.id}` }
        : { text: words.look, url: page },
    }
  }
  const wellItem = ({ name, since }: ToldChannel) => ({
    title: shownHandle(name),
    lines: [words.since(inTime(since, locale))],
  })
  return {
    subject,
    title: subject,
    blocks: [
      ...(counts.broken > 0 ? [text(words.brokenLead), list(broken.map(brokenItem)), ...rest(more.broken)] : []),
      ...(counts.broken > 0 && counts.well > 0 ? [text(`${words.wellSubject(names(well), counts.well)}.`)] : []),
      ...(counts.well > 0 ? [text(words.wellLead), list(well.map(wellItem)), ...rest(more.well)] : []),
      { kind: 'button', text: words.all, url: page },
    ],
    footer: words.footer(email),
    unsubscribe: { text: words.unsubscribe, url: link },
  }
}

const text = (said: string): Block => ({ kind: 'text', text: said })
const list = (items: Extract<Block, { kind: 'list' }>['items']): Block => ({ kind: 'list', items })

/** As the page says it to the owner of the channel. */
function outcomeWords({ outcome, givenUp: isOver }: ToldChannel, language: Language) {
  if (!outcome) return { title: '', cause: '', fix: '' }
  const { code, step } = outcome
  const isGerman = language === 'de'
  const texts = isGerman ? deOutcomes[code] : outcomes[code]
  const params = inSentences(outcome.params)
  const filled = (text: string) => fill(text, params, isGerman ? deOutcomes.phrases : phrases)
  return {
    title: filled(texts.title),
    cause: filled(texts.cause),
    fix: isOver ? (isGerman ? deOutcomes.givenUp : givenUp)[step] : filled(texts.fix),
  }
}

function incidentsMail(words: NoticeWords['incidents'], locale: string, about: About<'incidents'>): MailContent {
  const { params, baseUrl, email, language, link } = about
  const titleOf = (code: OutcomeCode) => (language === 'de' ? deOutcomes : outcomes)[code].title
  const hostOf = (server: string) => URL.parse(server)?.host ?? server
  const percent = (share: number) => share.toLocaleString(locale, { style: 'percent', maximumFractionDigits: 0 })
  const opened = params.opened.map(({ code, server, since, connects, failed, before }) => ({
    title: words.openedSubject(titleOf(code), hostOf(server)),
    lines: [words.opened(percent(failed / Math.max(1, connects)), connects, inTime(since, locale), percent(before))],
    link: {
      text: words.show,
      url: `${baseUrl}/admin/connections?${new URLSearchParams({ outcome: code, from: since, server })}`,
    },
  }))
  const closed = params.closed.map(({ code, server, since, connects, failed }) => ({
    title: words.closedSubject(titleOf(code), hostOf(server)),
    lines: [words.closed(failed, connects, inTime(since, locale))],
  }))
  const items = [...opened, ...closed]
  const [only] = items
  const subject = only && items.length === 1 ? only.title : words.several(items.length)
  return {
    subject,
    title: subject,
    blocks: [list(items)],
    footer: words.footer(email),
    unsubscribe: { text: words.unsubscribe, url: link },
  }
}
