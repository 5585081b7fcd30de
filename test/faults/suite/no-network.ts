// Loaded before a program, it lets nothing through to the port NO_NETWORK_TO, as a machine does that has no way there.
import { Socket } from 'node:net'

const port = Number(process.env['NO_NETWORK_TO'])
const { connect } = Socket.prototype

/** What `connect` is given, in an array where `net.connect` has put it in order. */
function portOf([first]: unknown[]): number {
  const options: unknown = Array.isArray(first) ? first[0] : first
  return options !== null && typeof options === 'object' && 'port' in options ? Number(options.port) : NaN
}

Socket.prototype.connect = function (this: Socket, ...given: Parameters<typeof connect>) {
  if (portOf(given) !== port) return connect.apply(this, given)
  const unreachable = Object.assign(new Error('connect ENETUNREACH'), { code: 'ENETUNREACH', syscall: 'connect' })
  process.nextTick(() => this.destroy(unreachable))
  return this
} as typeof connect
