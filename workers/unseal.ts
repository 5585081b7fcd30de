// Unseals what was sealed for one channel or mail and one purpose. Only workers can: they alone have the private keys.
import type { KeyObject } from 'node:crypto'
import { compactDecrypt, errors } from 'jose'
import { type Purpose, SEAL_ALGORITHMS } from '../src/seal.ts'

/** A sealed value that cannot be unsealed: made for another document or purpose, altered, or its key is gone. */
export class SealError extends Error {
  override name = 'SealError'
}

export type Unseal = ReturnType<typeof createUnseal>

export function createUnseal(keys: { id: string; key: KeyObject }[]) {
  const byId = new Map(keys.map(({ id, key }) => [id, key]))

  /** @throws SealError */
  return async (purpose: Purpose, owner: string, sealed: string): Promise<string> => {
    try {
      const { plaintext, protectedHeader } = await compactDecrypt(
        sealed,
        ({ kid }) => {
          const key = byId.get(kid ?? '')
          if (!key) throw new SealError(`there is no key with the id "${kid ?? ''}"`)
          return key
        },
        {
          keyManagementAlgorithms: [SEAL_ALGORITHMS.alg],
          contentEncryptionAlgorithms: [SEAL_ALGORITHMS.enc],
        },
      )
      if (protectedHeader['sub'] !== owner || protectedHeader['use'] !== purpose) {
        throw new SealError('the sealed value belongs to another document or purpose')
      }
      return new TextDecoder().decode(plaintext)
    } catch (error) {
      if (error instanceof errors.JOSEError)
        throw new SealError('the sealed value was altered or is not one', { cause: error })
      throw error
    }
  }
}
