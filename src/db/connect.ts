// Connects to MongoDB by whatever address its driver takes.
import mongoose from 'mongoose'
import { ConfigError } from '../config.ts'
import { freeHungCalls } from './hung-calls.ts'

/**
 * Unless the address says otherwise. `w` is the same as nothing where there is one server; of several, what one alone has
 * taken can be lost. No call lasts longer than `socketTimeoutMS`, which is more than any of ours may take.
 */
const defaults = {
  w: 'majority',
  wtimeoutMS: 10_000,
  serverSelectionTimeoutMS: 5_000,
  connectTimeoutMS: 5_000,
  socketTimeoutMS: 45_000,
  maxPoolSize: 50,
}

/** What no other try would mend. */
const mistakes = ['MongoParseError', 'MongoInvalidArgumentError', 'MongoMissingCredentialsError', 'MongoAPIError']

/** @throws ConfigError for an address that cannot be used; what the driver throws when nobody answers there */
export async function connect(url: string, options: mongoose.ConnectOptions = {}): Promise<mongoose.Connection> {
  const [place = '', query] = url.split('?')
  const said = new Set([...new URLSearchParams(query).keys()].map((name) => name.toLowerCase()))
  const unsaid = Object.fromEntries(Object.entries(defaults).filter(([name]) => !said.has(name.toLowerCase())))
  try {
    const connection = await mongoose.createConnection(url, { ...unsaid, autoIndex: false, ...options }).asPromise()
    freeHungCalls(connection.getClient())
    return connection
  } catch (error) {
    const { name, message } = error as Error
    if (!mistakes.includes(name)) throw error
    const login = place.slice(place.indexOf('//') + 2, Math.max(0, place.lastIndexOf('@'))).split(':')
    const repeatsSecret = login.some((part) => part !== '' && message.includes(part))
    throw new ConfigError(`MONGODB_URL is not usable${repeatsSecret ? '' : `: ${message}`}`)
  }
}
