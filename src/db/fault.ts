// What an error of MongoDB's driver says of MongoDB.
import type { StoreWord } from '../contract.ts'

/** Whether it comes from the driver, or from MongoDB through it. */
export const isOfMongodb = ({ name }: Error): boolean => name.startsWith('Mongo')

const REFUSED = [
  13, // Unauthorized
  18, // AuthenticationFailed
]
const READ_ONLY = [
  10107, // NotWritablePrimary
  13435, // NotPrimaryNoSecondaryOk
  64, // WriteConcernTimeout, in older ones WriteConcernFailed: no majority took it
  79, // UnknownReplWriteConcern
  100, // UnsatisfiableWriteConcern
]
const FULL = [
  14031, // OutOfDiskSpace
]

interface DriverError extends Error {
  code?: unknown
  /** of one that found no server: what it knows of each */
  reason?: { servers?: Map<string, { error?: Error | null }> }
}

export function wordOfMongodb(error: Error): StoreWord {
  const { code, name, message, reason, cause } = error as DriverError
  const ofServers = [...(reason?.servers?.values() ?? [])].flatMap((server) => server.error ?? [])
  const inner = ofServers[0] ?? (cause instanceof Error ? cause : undefined)
  if (typeof code === 'number') {
    if (REFUSED.includes(code)) return 'refused'
    if (READ_ONLY.includes(code)) return 'read_only'
    if (FULL.includes(code)) return 'full'
  }
  if (/Authentication failed|bad auth/i.test(message)) return 'refused'
  if (inner && inner !== error) return wordOfMongodb(inner)
  return /Timeout/.test(name) || /no answer in time|timed out/.test(message) ? 'silent' : 'away'
}
