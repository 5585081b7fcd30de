// A sealed value that was altered, swapped or sealed with another key: nothing is sent, nothing leaks, the owner is told what to do, and that is the end of it.
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSeal } from '../../src/seal.ts'
import { startAnsweringServer, wrongPassword, type OddServer } from '../helpers/odd-servers.ts'
import { createSystem, type Client, type System } from '../helpers/system.ts'

const PASSWORD = 'abcd-efgh-ijkl-mnop'
let server: OddServer
let system: System
let user: Client

beforeAll(async () => {
  server = await startAnsweringServer(wrongPassword)
  system = await createSystem({ env: { BLUESKY_SERVICE_URL: server.origin, LOG_LEVEL: 'trace' }, workers: false })
  user = await system.user()
})
afterAll(async () => {
  await system.stop()
  await server.close()
})

let count = 0
/** A connect whose sealed password is replaced before a worker meets it. */
async function connectWith(replace: (sealed: string, id: string) => Promise<string> | string) {
  const { channels } = system.context.db
  const { id } = await user.connect(`sealed-${++count}.test`, PASSWORD)
  const sealed = (await channels.findById(id).select('+secrets').lean())?.secrets?.password ?? ''
  const altered = await replace(sealed, id)
  expect(altered).not.toBe(sealed)
  await channels.updateOne({ _id: id }, { $set: { 'secrets.password': altered } })
  return id
}

async function endOf(id: string) {
  await system.startWorkers()
  const ended = await system.settled(user, id)
  await system.stopWorkers()
  return ended
}

const sealWith = (id: string) => createSeal({ id, key: generateKeyPairSync('x25519').publicKey })

/** Another character in the middle of a part of the compact form. */
const altered = (sealed: string, part: number) =>
  sealed
    .split('.')
    .map((text, index) => {
      const at = Math.floor(text.length / 2)
      return index === part ? text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1) : text
    })
    .join('.')

test.each<[string, (sealed: string, id: string) => Promise<string> | string]>([
  ['whose header was altered', (sealed) => altered(sealed, 0)],
  ['whose iv was altered', (sealed) => altered(sealed, 2)],
  ['whose text was altered', (sealed) => altered(sealed, 3)],
  ['whose tag was altered', (sealed) => altered(sealed, 4)],
  ['that is cut off', (sealed) => sealed.slice(0, -10)],
  ['that is none', () => 'nonsense'],
  ['of another channel', () => system.context.seal('password', '0123456789abcdef01234567', PASSWORD)],
  ['of another purpose', (_, id) => system.context.seal('session', id, PASSWORD)],
  ['of another key', (_, id) => sealWith('k1')('password', id, PASSWORD)],
  ['of a key that is gone', (_, id) => sealWith('gone')('password', id, PASSWORD)],
])(
  'a password %s ends at once, says what to do, and is sent nowhere',
  async (_, replace) => {
    const before = server.calls.length
    const id = await connectWith(replace)
    const ended = await endOf(id)
    expect(ended).toMatchObject({
      status: 'action_required',
      button: 'reconnect',
      nextTryAt: null,
      outcome: { code: 'secret_unreadable', fixBy: 'user' },
    })
    expect(ended.attempts).toHaveLength(1)
    expect(server.calls.slice(before).filter((path) => path.includes('createSession'))).toEqual([])
    const stored = await system.context.db.channels.findById(id).select('+secrets').lean()
    expect(stored?.secrets?.password).toBeUndefined()
    expect(stored?.lease.sweepAt).toBeUndefined()
    expect(system.log.lines.join('\n')).not.toContain(PASSWORD)
  },
  120_000,
)

test('a session that was altered ends a check the same way', async () => {
  const { channels } = system.context.db
  const { id } = await user.connect('sealed-session.test', PASSWORD)
  const session = altered(await system.context.seal('session', id, '{"accessJwt":"a","refreshJwt":"b"}'), 3)
  await channels.updateOne(
    { _id: id },
    { $set: { step: 'verify', status: 'connected', 'secrets.session': session }, $unset: { 'lease.sweepAt': 1 } },
  )
  expect((await user.request('POST', `/api/channels/${id}/verify`, { body: {} })).status).toBe(202)
  expect(await endOf(id)).toMatchObject({ status: 'action_required', outcome: { code: 'secret_unreadable' } })
}, 120_000)
