// The job that sends one mail: claims it, writes it in the language of who gets it, hands it to the mail server.
import { UnrecoverableError, type Job } from 'bullmq'
import { claimMail, endMail, postponeMail, type MailDoc, type MailEnd } from '../src/db/mails.ts'
import { isOff } from '../src/db/subscriptions.ts'
import { findRecipient } from '../src/db/users.ts'
import { mailJob, type MailPayload } from '../src/jobs.ts'
import { writeMail, type About, type MailContent } from '../src/mail/content.ts'
import { de } from '../src/mail/de.ts'
import { en } from '../src/mail/en.ts'
import { mailKinds } from '../src/mail/kinds.ts'
import type { Context } from '../src/context.ts'
import type { Smtp } from './smtp.ts'
import { SealError, type Unseal } from './unseal.ts'

export interface MailContext extends Pick<Context, 'config' | 'db' | 'log' | 'stores'> {
  unseal: Unseal
  smtp: Pick<Smtp, 'hand'>
}

/** After the first, second, … passing fault; the last one repeats, until nobody needs the mail any more. */
const WAITS_MS = [30_000, 120_000, 600_000, 1_800_000, 3_600_000]
/** One that was claimed more often without coming to an end seems to bring its worker down. */
const MOST_CLAIMS = 5
const DAY_MS = 24 * 3600_000
/** After the deadline of a try, before the sweep believes that its worker died. */
const DEADLINE_GRACE_MS = 5_000

type Ended = { end: MailEnd | 'postponed' | 'skipped'; reason?: string }

/** One log line each; what stands in a mail is in none. */
export async function runMailJob(context: MailContext, job: Pick<Job<MailPayload>, 'id' | 'data'>): Promise<void> {
  const parsed = mailJob.payload.safeParse(job.data)
  if (!parsed.success) throw new UnrecoverableError('the payload of mail is not what it should be')
  const { mailId, requestId } = parsed.data
  const about = { job: mailJob.name, jobId: job.id, mailId, requestId }
  const log = context.log.child(about)
  const startedAt = performance.now()
  const line = (fields: object) => ({ ...fields, durationMs: Math.round(performance.now() - startedAt) })
  try {
    const result = await send({ ...context, log }, mailId, new Date())
    log[result.reason ? 'warn' : 'info'](line(result), 'mail')
  } catch (error) {
    // A fault of our own or of a store: the sweep begins again after the claim, and the claims bound how often.
    const store = context.stores.of(error)
    if (store) store.report(error, 'mail broke off', line(about))
    else log.error(line({ err: error }), 'mail broke off')
    throw error
  }
}

async function send(context: MailContext, id: string, at: Date): Promise<Ended & Partial<Pick<MailDoc, 'kind'>>> {
  const { db } = context
  const until = new Date(at.getTime() + mailJob.deadlineMs + DEADLINE_GRACE_MS)
  const mail = await claimMail(db, id, at, until)
  if (!mail) return { end: 'skipped' }
  const { kind, lease } = mail
  const end = async (end: MailEnd, reason?: string) => {
    const isHeld = await endMail(db, mail, end, new Date(), context.config.keepDays.mails * DAY_MS)
    return isHeld ? { kind, end, ...(reason ? { reason } : {}) } : { kind, end: 'skipped' as const }
  }
  if (at >= mail.validUntil) return end('given_up', 'too late')
  if (lease.claims > MOST_CLAIMS) return end('given_up', 'brought its worker down')
  const recipient = await findRecipient(db, mail.userId)
  const { provenOnly, topic } = mailKinds[kind]
  if (!recipient || (provenOnly && !recipient.emailVerified)) return end('no_recipient')
  if (topic && (await isOff(db, mail.userId, topic))) return end('no_recipient')

  const content = await contentOf(context, mail, recipient)
  if (!content) return end('given_up', 'its link cannot be unsealed')
  const letter = {
    id,
    to: mail.to ?? recipient.email,
    ...writeMail(content, recipient.language),
    ...(content.unsubscribe ? { unsubscribeUrl: content.unsubscribe.url } : {}),
  }
  const handed = await context.smtp.hand(letter, AbortSignal.timeout(mailJob.deadlineMs))
  switch (handed.kind) {
    case 'taken':
      return end('sent')
    case 'refused':
      return end('refused', handed.reason)
    case 'fault': {
      const now = new Date()
      const waitMs = WAITS_MS[Math.min(lease.failures, WAITS_MS.length - 1)] ?? 0
      // Those that failed together do not come back together.
      const nextAt = new Date(now.getTime() + waitMs * (1 + Math.random() / 10))
      // The last try comes before nobody needs it any more.
      if (nextAt >= mail.validUntil) return end('given_up', handed.reason)
      await postponeMail(db, mail, nextAt)
      return { kind, end: 'postponed', reason: handed.reason }
    }
  }
}

/** @returns null when it holds a link that cannot be unsealed: trying again would only be a loop */
async function contentOf(
  { config, unseal }: MailContext,
  mail: MailDoc,
  { email, language }: Pick<About, 'email' | 'language'>,
): Promise<MailContent | null> {
  try {
    const link = mail.link ? await unseal('link', mail._id, mail.link) : ''
    const write = (language === 'de' ? de : en)[mail.kind] as (about: About) => MailContent
    return write({ params: mail.params, link, baseUrl: config.http.baseUrl, email, language })
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}
