// The rule by which an incident is told from bad luck; docs/incidents.md says it in words.
import { outcomes, type OutcomeCode } from './outcomes/catalogue.ts'
import type { Tally } from './db/connections.ts'

export interface FoundIncident {
  code: OutcomeCode
  server: string
  since: string
  /** that ended since then */
  connects: number
  failed: number
  /** share that failed this way before */
  before: number
}

/** With fewer connects nothing is an incident, however they ended. */
export const MIN_CONNECTS = 10
/** Shares up to here may be usual: people mistype at every server. */
const USUAL = { user: 0.3, other: 0.1 }
/** How many times as bad as before, and as usual, it has to be. */
const WORSE = 2
/** Standard deviations between what was seen and what may be chance (99.9 %). */
const CERTAIN = 3.29
/** Over when fewer than this share of the newest connects fail that way. */
const STILL = 0.3

interface Slot {
  at: number
  connects: number
  /** failures with the outcome in question, and when the first of them was submitted */
  failed: number
  first: number
}

const HOUR_MS = 3600_000
/** Connects of so many whole hours are counted, the present one included. */
export const COUNTED_HOURS = 24

/** The beginning of the first hour that is counted. */
export const countedFrom = (at: Date): Date =>
  new Date(Math.floor(at.getTime() / HOUR_MS - COUNTED_HOURS + 1) * HOUR_MS)

/** Those that ended: what was never tried is no failed connect yet. */
export const countedOf = (tallies: Tally[]): Tally[] => tallies.filter(({ code }) => !outcomes[code].untried)

/** All incidents, the one that most connects failed by first. @param ended connects of about a day */
export function findIncidents(ended: Tally[]): FoundIncident[] {
  const incidents = [...Map.groupBy(ended, ({ serviceUrl }) => serviceUrl)].flatMap(([server, there]) => {
    const codes = new Set(there.flatMap(({ code, connected }) => (connected ? [] : [code])))
    return [...codes].flatMap((code) => judge(server, code, inSlots(there, code)) ?? [])
  })
  return incidents.toSorted((a, b) => b.failed - a.failed)
}

export const findIncident = (ended: Tally[]): FoundIncident | null => findIncidents(ended)[0] ?? null

function inSlots(there: Tally[], code: OutcomeCode): Slot[] {
  const slots = new Map<number, Slot>()
  for (const { at, connected, code: its, count, first } of there) {
    const slot = slots.get(at.getTime()) ?? { at: at.getTime(), connects: 0, failed: 0, first: Infinity }
    slots.set(slot.at, slot)
    slot.connects += count
    if (connected || its !== code) continue
    slot.failed += count
    slot.first = Math.min(slot.first, first.getTime())
  }
  return [...slots.values()].toSorted((a, b) => a.at - b.at)
}

function judge(server: string, code: OutcomeCode, slots: Slot[]): FoundIncident | null {
  const all = sum(slots)
  let best: { contrast: number; since: number; before: Share; after: Share } | undefined
  let before = { connects: 0, failed: 0 }
  for (const slot of slots) {
    const after = { connects: all.connects - before.connects, failed: all.failed - before.failed }
    if (after.connects < MIN_CONNECTS) break
    if (slot.failed > 0 && (before.connects === 0 || shareOf(after) > shareOf(before))) {
      const contrast = likelihood(before) + likelihood(after) - likelihood(all)
      if (!best || contrast > best.contrast) best = { contrast, since: slot.first, before, after }
    }
    before = { connects: before.connects + slot.connects, failed: before.failed + slot.failed }
  }
  if (!best) return null
  const usual = outcomes[code].fixBy === 'user' ? USUAL.user : USUAL.other
  const compared = best.before.connects >= MIN_CONNECTS
  const expected = Math.max(usual, compared ? shareOf(best.before) : 0)
  if (surely(best.after) < WORSE * expected || shareOf(newest(slots)) < STILL) return null
  const { connects, failed } = best.after
  const since = new Date(best.since).toISOString()
  return { code, server, since, connects, failed, before: shareOf(best.before) }
}

type Share = Pick<Slot, 'connects' | 'failed'>

const shareOf = ({ connects, failed }: Share) => (connects === 0 ? 0 : failed / connects)

/** In a sentence, for whoever reads the API. */
export function incidentText({ code, server, since, connects, failed, before }: FoundIncident): string {
  const percent = (share: number) => `${Math.round(100 * share)} %`
  return (
    `${percent(failed / connects)} of ${connects} connects since ${since.slice(11, 16)} UTC failed with \`${code}\` ` +
    `at ${URL.parse(server)?.host ?? server}${before > 0 ? `; before: ${percent(before)}` : ''}`
  )
}

const sum = (slots: Share[]): Share => ({
  connects: slots.reduce((total, { connects }) => total + connects, 0),
  failed: slots.reduce((total, { failed }) => total + failed, 0),
})

/** The last slots that hold enough connects to say something. */
function newest(slots: Slot[]): Share {
  let last: Share = { connects: 0, failed: 0 }
  for (const slot of slots.toReversed()) {
    if (last.connects >= MIN_CONNECTS) break
    last = sum([last, slot])
  }
  return last
}

/** How well one share explains all of it, as a logarithm: two that explain it much better mark the moment of a change. */
function likelihood({ connects, failed }: Share): number {
  const part = (count: number) => (count === 0 ? 0 : count * Math.log(count / connects))
  return part(failed) + part(connects - failed)
}

/** The lower end of what the share can be without it being chance (Wilson's interval). */
function surely({ connects, failed }: Share): number {
  const share = failed / connects
  const z2 = CERTAIN ** 2
  const middle = share + z2 / (2 * connects)
  const spread = CERTAIN * Math.sqrt((share * (1 - share)) / connects + z2 / (4 * connects ** 2))
  return (middle - spread) / (1 + z2 / connects)
}
