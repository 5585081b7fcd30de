// Counts what a system sends to MongoDB. The system has to be made with `watchedMongo()` in its environment.
import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import type { System } from './system.ts'

export type Command = Record<string, unknown>

/** A database of its own whose driver tells of every command. */
export const watchedMongo = () => ({
  MONGODB_URL: inject('stores').mongoUrl.replace(
    /\/[^/]*$/,
    `/t${randomBytes(6).toString('hex')}?monitorCommands=true`,
  ),
})

/** The commands that were sent while `work` ran. */
export async function sentWhile({ context }: System, work: () => Promise<unknown>): Promise<Command[]> {
  const sent: Command[] = []
  const listen = ({ command }: { command: Command }) => sent.push(command)
  const client = context.db.connection.getClient()
  client.on('commandStarted', listen)
  try {
    await work()
  } finally {
    client.off('commandStarted', listen)
  }
  return sent
}
