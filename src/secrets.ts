// Seals app passwords and sessions for storage and unseals them again: JWE, AES-256-GCM, bound to one channel and one purpose.
import { CompactEncrypt, compactDecrypt, errors } from 'jose'

type Purpose = 'password' | 'session'
interface SealingKey {
  id: string
  key: Uint8Array
}

/** A sealed value that cannot be unsealed: made for another channel or purpose, altered, or its key is gone. */
export class SealError extends Error {
  override name = 'SealError'
}

export type Secrets = ReturnType<typeof createSecrets>

/** @param keys the first seals, all unseal; at least one */
export function createSecrets(keys: SealingKey[]) {
  const [first] = keys
  if (!first) throw new SealError('there is no key to seal with')
  const byId = new Map(keys.map(({ id, key }) => [id, key]))

  return {
    /** The protected header, which names channel and purpose, is authenticated: a copied value cannot be unsealed elsewhere. */
    seal(purpose: Purpose, channelId: string, text: string): Promise<string> {
      return new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: first.id, sub: channelId, use: purpose })
        .encrypt(first.key)
    },

    /** @throws SealError */
    async unseal(purpose: Purpose, channelId: string, sealed: string): Promise<string> {
      try {
        const { plaintext, protectedHeader } = await compactDecrypt(
          sealed,
          ({ kid }) => {
            const key = byId.get(kid ?? '')
            if (!key) throw new SealError(`there is no key with the id "${kid ?? ''}"`)
            return key
          },
          { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] },
        )
        if (protectedHeader['sub'] !== channelId || protectedHeader['use'] !== purpose) {
          throw new SealError('the sealed value belongs to another channel or purpose')
        }
        return new TextDecoder().decode(plaintext)
      } catch (error) {
        if (error instanceof errors.JOSEError)
          throw new SealError('the sealed value was altered or is not one', { cause: error })
        throw error
      }
    },
  }
}
