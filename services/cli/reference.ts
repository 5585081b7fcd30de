// `service.sh logs --reference`: one connect from its request to its outcome, out of the logs of all processes.
import { styleText } from 'node:util'
import { ServiceError, UsageError } from '../errors.ts'
import { say } from '../say.ts'
import { lineInWords, type LogFile, type LogLine, logFiles, readLines, valueInWords } from './log-lines.ts'

/** What people have in hand: the reference on a page (`X-Request-Id`), the id of a channel, mail or job, or what a client sent. */
const ASKED_FOR = ['requestId', 'reference', 'clientRequestId', 'channelId', 'mailId', 'jobId']
/** One that the program sets off by itself has a word instead, such as "sweep", and many have that. */
const OF_ONE_REQUEST = /^[\da-f-]{36}$/
/** A request that touched more channels (an administrator's) is told without what else happened to each. */
const FEW_CHANNELS = 5

export async function showReference(dir: string, names: readonly string[], reference: string): Promise<void> {
  // Anything else was never written to a log: no handle is, and no address.
  if (!/^[\w-]{8,64}$/.test(reference)) {
    throw new UsageError(
      `"${reference}" is no reference: take the one that the page shows, or the id of a channel. Handles and e-mail ` +
        'addresses are in no log; /admin/connections finds the connection by them and shows its reference',
    )
  }
  const files = await logFiles(dir, names)
  const { lines, since } = await findLines(files, reference)
  if (lines.length === 0) {
    const reach = since ? `The logs here go back to ${since.toISOString()}` : 'There are no logs here'
    throw new ServiceError(
      `Nothing in the logs has ${reference}. ${reach}. Search for it at /admin/connections too: ` +
        'what happened to a channel is kept there for longer.',
    )
  }
  const same = sameInAll(lines)
  for (const [key, value] of same) say(`${key.padEnd(9)}  ${value}`)
  const known = same.map(([key]) => key)
  const width = Math.max(...lines.map(({ name }) => name.length))
  for (const line of lines) {
    const at = styleText('dim', `${line.time.toISOString()} ${line.name.padEnd(width)} │`)
    say(`${at} ${coloured(line, lineInWords(line, known))}`)
  }
}

/** Whose they are: said once, not in every line. */
function sameInAll(lines: LogLine[]): [key: string, value: string][] {
  return ['requestId', 'channelId', 'userId'].flatMap((key) => {
    const values = new Set(lines.map(({ fields }) => fields[key]).filter((value) => value !== undefined))
    const [value] = values
    return values.size === 1 ? [[key, valueInWords(value)] as [string, string]] : []
  })
}

function coloured({ fields }: LogLine, text: string): string {
  if (fields['level'] === 'error' || fields['level'] === 'fatal') return styleText('red', text)
  return fields['level'] === 'warn' ? styleText('yellow', text) : text
}

/** In the order of time, with those of the same request or channel that do not carry what was asked for. */
export async function findLines(
  files: LogFile[],
  reference: string,
): Promise<{ lines: LogLine[]; since: Date | undefined }> {
  const isAskedFor = (fields: LogLine['fields']) => ASKED_FOR.some((key) => fields[key] === reference)
  const requests = new Set<unknown>()
  const channels = new Set<unknown>()
  let since: Date | undefined
  for (const file of files) {
    for await (const { fields, time } of readLines(file)) {
      if (!since || time < since) since = time
      if (!isAskedFor(fields)) continue
      const { requestId, channelId } = fields
      if (OF_ONE_REQUEST.test(String(requestId))) requests.add(requestId)
      if (channelId !== undefined) channels.add(channelId)
    }
  }
  const belongs = ({ requestId, channelId }: LogLine['fields']) => {
    if (requests.has(requestId)) return channelId === undefined || channels.has(channelId)
    // What is said of a channel without its request, such as an enqueue that failed.
    return requestId === undefined && channels.size <= FEW_CHANNELS && channels.has(channelId)
  }
  const lines: LogLine[] = []
  for (const file of files) {
    for await (const line of readLines(file)) if (isAskedFor(line.fields) || belongs(line.fields)) lines.push(line)
  }
  return { lines: lines.toSorted((a, b) => a.time.getTime() - b.time.getTime()), since }
}
