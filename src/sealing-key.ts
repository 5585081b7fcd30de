// Whether what this API process seals can be opened: its SEALING_KEY has to be one that workers are known to have.
import { createHash, type KeyObject } from 'node:crypto'
import { ConfigError } from './config.ts'
import type { Context } from './context.ts'
import { listSealingKeys, recordSealingKey, replaceUnopened } from './db/sealing-keys.ts'

/** @param key the public half */
export const fingerprintOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url')

/**
 * Where no worker has been yet, it puts its own key on record, and the first worker says whether it fits.
 * @throws ConfigError: what it seals would be lost
 */
export async function checkSealingKey(context: Pick<Context, 'db' | 'seal' | 'config'>): Promise<void> {
  const { db, seal, config } = context
  const { id, key } = config.sealingKey
  const known = await listSealingKeys(db)
  const own = known.find(({ _id }) => _id === id)
  const fingerprint = fingerprintOf(key)
  if (own?.retiredAt) {
    throw new ConfigError(
      `SEALING_KEY is not usable: the key "${id}" is retired. Set it to the key that came after it.`,
    )
  }
  if (own?.fingerprint === fingerprint) return
  if (own?.openedAt) {
    throw new ConfigError(
      `SEALING_KEY is not usable: this is another "${id}" than the one that workers open. ` +
        'It has to be the public half of the key of that id in their UNSEALING_KEYS (docs/keys.md).',
    )
  }
  if (!own && known.some(({ openedAt, retiredAt }) => openedAt && !retiredAt)) {
    throw new ConfigError(
      `SEALING_KEY is not usable: no worker has opened anything of the key "${id}" yet, so what it seals could be lost. ` +
        'Restart the workers first, with its private half in UNSEALING_KEYS (docs/keys.md).',
    )
  }
  const sample = await seal('sample', id, id)
  const mine = { _id: id, fingerprint, sample, recordedAt: new Date() }
  const isKept = own ? await replaceUnopened(db, mine) : await recordSealingKey(db, { ...mine, openedAt: null })
  // Another process was faster, and what it says counts.
  if (!isKept) await checkSealingKey(context)
}
