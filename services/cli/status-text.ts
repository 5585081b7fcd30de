// How people read what `service.sh status` found.
import { styleText } from 'node:util'
import { MOST_COUNTED, type ChannelBacklog, type QueueBacklog } from '../../src/backlog.ts'
import { lineInWords } from './log-lines.ts'
import { SLOW_MS, type ServerState, type Trouble } from './servers.ts'
import type { ProcessStatus, Status } from './status.ts'

/** The sweep comes every few seconds; what it has not looked at for so long, nobody looks at. */
const OVERDUE_MS = 60_000
const MOST_SERVERS = 5

export function statusLines(status: Status, now = new Date()): string[] {
  const { version, commit, processes, places, channels, queues, servers, troubles } = status
  const widest = Math.max(...Object.keys(places).map((name) => name.length))
  return [
    `bluesky-connect ${version} (${commit})`,
    '',
    ...(processes.length > 0 ? [...processLines(processes, status, now), ''] : []),
    ...Object.entries(places).map(([name, place]) => `${name.padEnd(widest)}  ${place}`),
    '',
    ...(queues
      ? queueLines(queues)
      : [styleText('red', 'Redis does not answer: what waits in the queues is not known')]),
    '',
    ...(channels
      ? channelLines(channels, now)
      : [styleText('red', 'MongoDB does not answer: how the channels are is not known')]),
    ...section(
      'Servers, in the last 15 minutes',
      servers.slice(0, MOST_SERVERS).map((one) => serverLine(one, now)),
    ),
    ...section('Last warnings and errors', troubles.map(troubleLine)),
  ]
}

const section = (title: string, lines: string[]) => (lines.length > 0 ? ['', styleText('dim', title), ...lines] : [])

/** @param cells the first row is the header; a row that is not well is red */
function table(header: string[], rows: { cells: string[]; isWell: boolean }[]): string[] {
  const widths = header.map((title, index) =>
    Math.max(title.length, ...rows.map(({ cells }) => cells[index]?.length ?? 0)),
  )
  const line = (cells: string[]) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
  const body = rows.map(({ cells, isWell }) => (isWell ? line(cells) : styleText('red', line(cells))))
  return [styleText('dim', line(header)), ...body]
}

function processLines(processes: ProcessStatus[], of: Status, now: Date): string[] {
  const rows = processes.map(({ name, state, pid, startedAt, restarts, health, running }) => ({
    cells: [
      name,
      state,
      pid === null ? '-' : String(pid),
      startedAt ? age(startedAt, now) : '-',
      String(restarts),
      versionCell(running, of),
      health,
    ],
    isWell: health === 'ok',
  }))
  return table(['process', 'state', 'pid', 'up', 'restarts', 'version', 'health'], rows)
}

/** A process that was started before the files changed goes on with the old ones. */
function versionCell(running: ProcessStatus['running'], { version, commit }: Status): string {
  if (!running) return '-'
  const same = running.version === version && running.commit === commit
  return `${running.version} ${running.commit}${same ? '' : ' (not what is here: restart)'}`
}

function queueLines(queues: QueueBacklog[]): string[] {
  const rows = queues.map(({ name, waiting, active, delayed, paused }) => ({
    cells: [name, String(waiting), String(active), String(delayed), paused ? 'PAUSED' : ''],
    isWell: !paused,
  }))
  return table(['queue', 'waiting', 'active', 'delayed', ''], rows)
}

function channelLines(backlog: ChannelBacklog, now: Date): string[] {
  const { byStatus, passwords, oldestPasswordAt, oldest, overdueSince, mails } = backlog
  const statuses = Object.entries(byStatus).map(([status, count]) => `${number(count)} ${status}`)
  const overdue = Object.entries(overdueSince).filter(([, since]) => now.getTime() - since.getTime() > OVERDUE_MS)
  const kept = oldestPasswordAt ? `, the oldest for ${age(oldestPasswordAt, now)}` : ''
  return [
    `Channels   ${statuses.join(', ')}`,
    `Oldest     ${oldest ? oldestInWords(oldest, now) : 'none is being worked on'}`,
    `Passwords  ${number(passwords)} kept now${kept}`,
    `Mails      ${number(mails)} to be sent`,
    ...overdue.map(([step, since]) =>
      styleText('red', `Stuck      ${step} should have been looked at ${age(since, now)} ago: no worker sweeps`),
    ),
  ]
}

function oldestInWords({ channelId, status, since, server }: NonNullable<ChannelBacklog['oldest']>, now: Date): string {
  return `${status} for ${age(since, now)} at ${server}: ./service.sh logs --reference ${channelId}`
}

function number(count: number | null | undefined): string {
  if (count === null || count === undefined) return '(not counted in time)'
  return count > MOST_COUNTED ? `${MOST_COUNTED.toLocaleString('en')}+` : count.toLocaleString('en')
}

function serverLine({ server, putAside, calls, medianMs, failed }: ServerState, now: Date): string {
  const takes = medianMs === null ? 'no answer' : `${calls} calls, half of them within ${medianMs} ms`
  const words = [takes, ...(failed > 0 ? [`${failed} came to another end than wanted`] : [])].join(', ')
  if (putAside.length > 0) {
    const by = putAside.map(({ name, pid, until, reason }) => `${name} ${pid} (${reason}, ${untilInWords(until, now)})`)
    return styleText('red', `${server}  put aside by ${by.join(', ')}; ${words}`)
  }
  const isSlow = medianMs !== null && medianMs > SLOW_MS
  return isSlow ? styleText('yellow', `${server}  slow: ${words}`) : `${server}  ${words}`
}

const untilInWords = (until: Date, now: Date) =>
  until > now ? `tried again in ${age(now, until)}` : 'tried again by the next job'

function troubleLine({ name, time, level, line }: Trouble): string {
  const text = `${time.toISOString()} ${name}  ${lineInWords(line)}`
  return level === 'warn' ? styleText('yellow', text) : styleText('red', text)
}

export function age(since: Date, now: Date): string {
  const durationMs = Math.max(0, now.getTime() - since.getTime())
  const minutes = Math.floor(durationMs / 60_000)
  if (minutes < 1) return `${Math.floor(durationMs / 1_000)} s`
  if (minutes < 60) return `${minutes} min`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  return `${Math.floor(minutes / (24 * 60))} d`
}
