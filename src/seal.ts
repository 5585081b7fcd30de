// Seals app passwords, sessions and links for storage: JWE to the workers' public key, bound to one document and one purpose.
import type { KeyObject } from 'node:crypto'
import { CompactEncrypt } from 'jose'

/** A `sample` holds nothing: it tells whose key opens what another sealed. */
export type Purpose = 'password' | 'session' | 'link' | 'sample'
export type Seal = ReturnType<typeof createSeal>

export const SEAL_ALGORITHMS = { alg: 'ECDH-ES', enc: 'A256GCM' } as const

/** Whoever seals needs no key that opens: `workers/unseal.ts` has it. */
export function createSeal({ id, key }: { id: string; key: KeyObject }) {
  /**
   * The protected header, which names document and purpose, is authenticated: a copied value cannot be unsealed elsewhere.
   * @param owner id of the channel or mail; of the key itself for a sample
   */
  return (purpose: Purpose, owner: string, text: string): Promise<string> =>
    new CompactEncrypt(new TextEncoder().encode(text))
      .setProtectedHeader({ ...SEAL_ALGORITHMS, kid: id, sub: owner, use: purpose })
      .encrypt(key)
}
