// Sealed values open only where they belong, and not with the key that sealed them.
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { expect, test } from 'vitest'
import { createSeal } from '../../src/seal.ts'
import { createUnseal, SealError } from '../../workers/unseal.ts'

const newKey = (id: string) => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  return { sealing: { id, key: publicKey }, unsealing: { id, key: privateKey } }
}
const k1 = newKey('k1')
const seal = createSeal(k1.sealing)
const unseal = createUnseal([k1.unsealing])

test('a sealed password opens for its channel and does not show', async () => {
  const sealed = await seal('password', 'channel-1', 'abcd-efgh-ijkl-mnop')
  expect(sealed).not.toContain('abcd')
  expect(await unseal('password', 'channel-1', sealed)).toBe('abcd-efgh-ijkl-mnop')
})

test('the same password is sealed differently each time', async () => {
  expect(await seal('password', 'c', 'x')).not.toBe(await seal('password', 'c', 'x'))
})

test('the key that sealed it does not open it', async () => {
  const sealed = await seal('password', 'channel-1', 'x')
  await expect(compactDecrypt(sealed, k1.sealing.key)).rejects.toThrow(/private/)
  await expect(createUnseal([k1.sealing])('password', 'channel-1', sealed)).rejects.toThrow(/private/)
})

test('copied to another channel, or used as something else, it does not open', async () => {
  const sealed = await seal('password', 'channel-1', 'x')
  await expect(unseal('password', 'channel-2', sealed)).rejects.toThrow(SealError)
  await expect(unseal('session', 'channel-1', sealed)).rejects.toThrow(SealError)
})

test('altered, it does not open, and the error does not repeat it', async () => {
  const sealed = await seal('password', 'channel-1', 'x')
  const [header = '', ...rest] = sealed.split('.')
  const told = JSON.parse(Buffer.from(header, 'base64url').toString()) as object
  const forged = Buffer.from(JSON.stringify({ ...told, sub: 'channel-2' })).toString('base64url')
  await expect(unseal('password', 'channel-2', [forged, ...rest].join('.'))).rejects.toThrow(SealError)
  await expect(unseal('password', 'channel-1', 'nonsense')).rejects.toThrow(/altered or is not one/)
})

test('a value that names another algorithm does not open', async () => {
  const known = new Uint8Array(32)
  const forged = await new CompactEncrypt(new TextEncoder().encode('x'))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'k1', sub: 'c', use: 'password' })
    .encrypt(known)
  await expect(unseal('password', 'c', forged)).rejects.toThrow(SealError)
})

test('after a change of keys old values open, and new ones do not open with the old key alone', async () => {
  const k2 = newKey('k2')
  const sealed = await seal('session', 'c', 'x')
  const after = createUnseal([k2.unsealing, k1.unsealing])
  expect(await after('session', 'c', sealed)).toBe('x')
  const fresh = await createSeal(k2.sealing)('session', 'c', 'y')
  expect(await after('session', 'c', fresh)).toBe('y')
  await expect(unseal('session', 'c', fresh)).rejects.toThrow('there is no key with the id "k2"')
})

test('a key of the same id that is not the same key does not open', async () => {
  const other = newKey('k1')
  expect(createPublicKey(other.unsealing.key).equals(k1.sealing.key)).toBe(false)
  await expect(createUnseal([other.unsealing])('session', 'c', await seal('session', 'c', 'x'))).rejects.toThrow(
    SealError,
  )
})
