// Sealed values open only where they belong.
import { expect, test } from 'vitest'
import { createSecrets, SealError } from '../../src/secrets.ts'

const key = (id: string, fill: number) => ({ id, key: new Uint8Array(32).fill(fill) })
const secrets = createSecrets([key('k1', 1)])

test('a sealed password opens for its channel and does not show', async () => {
  const sealed = await secrets.seal('password', 'channel-1', 'abcd-efgh-ijkl-mnop')
  expect(sealed).not.toContain('abcd')
  expect(await secrets.unseal('password', 'channel-1', sealed)).toBe('abcd-efgh-ijkl-mnop')
})

test('the same password is sealed differently each time', async () => {
  expect(await secrets.seal('password', 'c', 'x')).not.toBe(await secrets.seal('password', 'c', 'x'))
})

test('copied to another channel, or used as something else, it does not open', async () => {
  const sealed = await secrets.seal('password', 'channel-1', 'x')
  await expect(secrets.unseal('password', 'channel-2', sealed)).rejects.toThrow(SealError)
  await expect(secrets.unseal('session', 'channel-1', sealed)).rejects.toThrow(SealError)
})

test('altered, it does not open, and the error does not repeat it', async () => {
  const sealed = await secrets.seal('password', 'channel-1', 'x')
  const parts = sealed.split('.')
  const header = Buffer.from(
    JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: 'k1', sub: 'channel-2', use: 'password' }),
  ).toString('base64url')
  const forged = [header, ...parts.slice(1)].join('.')
  await expect(secrets.unseal('password', 'channel-2', forged)).rejects.toThrow(SealError)
  await expect(secrets.unseal('password', 'channel-1', 'nonsense')).rejects.toThrow(/altered or is not one/)
})

test('after a change of keys old values open and new ones are sealed with the first key', async () => {
  const sealed = await secrets.seal('session', 'c', 'x')
  const after = createSecrets([key('k2', 2), key('k1', 1)])
  expect(await after.unseal('session', 'c', sealed)).toBe('x')
  const fresh = await after.seal('session', 'c', 'y')
  await expect(secrets.unseal('session', 'c', fresh)).rejects.toThrow('there is no key with the id "k2"')
})
