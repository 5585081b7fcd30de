// Seals app passwords, sessions and links for storage: JWE to the workers' public key, bound to one document and one purpose.
import {
  createCipheriv,
  createHash,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto'

/** A `sample` holds nothing: it tells whose key opens what another sealed. */
export type Purpose = 'password' | 'session' | 'link' | 'sample'
export type Seal = ReturnType<typeof createSeal>

export const SEAL_ALGORITHMS = { alg: 'ECDH-ES', enc: 'A256GCM' } as const

const encoded = (part: string | Buffer) => Buffer.from(part).toString('base64url')

/**
 * Whoever seals needs no key that opens: `workers/unseal.ts` has it, and the library opens there what is sealed here by
 * Node's own functions. The library seals over Web Crypto, which was a tenth of what a connect costs the front door.
 */
export function createSeal({ id, key }: { id: string; key: KeyObject }) {
  /**
   * The protected header, which names document and purpose, is authenticated: a copied value cannot be unsealed elsewhere.
   * @param owner id of the channel or mail; of the key itself for a sample
   */
  return async (purpose: Purpose, owner: string, text: string): Promise<string> => {
    const { publicKey, privateKey } = generateKeyPairSync('x25519')
    const { kty, crv, x } = publicKey.export({ format: 'jwk' })
    const header = { ...SEAL_ALGORITHMS, epk: { kty, crv, x }, kid: id, sub: owner, use: purpose }
    const first = encoded(JSON.stringify(header))
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', keyOf(diffieHellman({ privateKey, publicKey: key })), iv)
    const sealed = Buffer.concat([cipher.setAAD(Buffer.from(first)).update(text, 'utf8'), cipher.final()])
    // The second part would be an encrypted key: both sides work it out instead.
    return [first, '', encoded(iv), encoded(sealed), encoded(cipher.getAuthTag())].join('.')
  }
}

const number = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const { enc } = SEAL_ALGORITHMS
/** What the key is for: algorithm, nobody by name on either side, and its length in bits (RFC 7518, 4.6.2). */
const otherInfo = Buffer.concat([number(enc.length), Buffer.from(enc), number(0), number(0), number(256)])

/** One round of SHA-256 gives as many bits as are wanted. */
const keyOf = (secret: Buffer) =>
  createSecretKey(createHash('sha256').update(number(1)).update(secret).update(otherInfo).digest())
