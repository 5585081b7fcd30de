// Whether the keys of this worker open what is stored: asked at its start, so that no connect finds out.
import { createPublicKey } from 'node:crypto'
import { ConfigError, type WorkerConfig } from '../src/config.ts'
import type { Db } from '../src/db/open.ts'
import { readSealed } from '../src/db/sealed-values.ts'
import { listSealingKeys, noteOpened, recordSealingKey, type SealingKeyDoc } from '../src/db/sealing-keys.ts'
import { createSeal } from '../src/seal.ts'
import { fingerprintOf } from '../src/sealing-key.ts'
import { createUnseal, SealError, type Unseal } from './unseal.ts'

type Keys = Pick<WorkerConfig, 'sealingKey' | 'unsealingKeys'>

/** So many values tell whose keys sealed them: single ones may have been altered. */
const TRIED = 50

/**
 * Puts the keys of this worker on record.
 * @throws ConfigError: they do not open what is stored, or what the API seals
 */
export async function checkKeys({ db, config }: { db: Db; config: Keys }): Promise<void> {
  const refuseProblems = async (known: SealingKeyDoc[]) => {
    const problems = await findKeyProblems(known, config)
    if (problems.length > 0) throw new ConfigError(`The keys do not fit what is stored:\n  ${problems.join('\n  ')}`)
  }
  const known = await listSealingKeys(db)
  await refuseProblems(known)
  if (!known.some(({ openedAt }) => openedAt)) await refuseStrangeValues(db, createUnseal(config.unsealingKeys))
  const at = new Date()
  for (const { id, key: privateKey } of config.unsealingKeys) {
    const key = createPublicKey(privateKey)
    const fingerprint = fingerprintOf(key)
    const sample = await createSeal({ id, key })('sample', id, id)
    const isNew = await recordSealingKey(db, { _id: id, fingerprint, sample, recordedAt: at, openedAt: at })
    if (!isNew) await noteOpened(db, { _id: id, fingerprint }, at)
  }
  // Another process may have recorded one of the same id meanwhile.
  await refuseProblems(await listSealingKeys(db))
}

/** What each key on record lacks here, in a sentence each. */
export async function findKeyProblems(known: SealingKeyDoc[], { sealingKey, unsealingKeys }: Keys): Promise<string[]> {
  const unseal = createUnseal(unsealingKeys)
  const told = known.map(async ({ _id: id, fingerprint, sample, retiredAt }) => {
    const own = unsealingKeys.find((key) => key.id === id)
    if (retiredAt && id === sealingKey.id) {
      return `the key "${id}" of SEALING_KEY is retired: set it to the key that came after it.`
    }
    if (!own && retiredAt) return null
    if (!own) {
      return (
        `UNSEALING_KEYS lacks the key "${id}", which sealed what is stored: put it back beside the others. ` +
        `Is it not needed, or lost? Then: node workers/keys.ts forget ${id} (docs/keys.md).`
      )
    }
    const isSame = fingerprintOf(createPublicKey(own.key)) === fingerprint
    if (isSame && (await opens(unseal, id, sample))) return null
    return (
      `the key "${id}" of UNSEALING_KEYS is another one than the "${id}" on record: set the key that sealed what is stored, ` +
      'give a new one an id of its own, and give every process halves of the same keys (docs/keys.md).'
    )
  })
  return (await Promise.all(told)).filter((problem) => problem !== null)
}

async function opens(unseal: Unseal, id: string, sample: string): Promise<boolean> {
  try {
    return (await unseal('sample', id, sample)) === id
  } catch (error) {
    if (error instanceof SealError) return false
    throw error
  }
}

/** Of a database that knows no keys yet, such as one from before they were recorded. */
async function refuseStrangeValues(db: Db, unseal: Unseal): Promise<void> {
  let tried = 0
  for await (const page of readSealed(db)) {
    for (const { purpose, owner, sealed } of page) {
      try {
        await unseal(purpose, owner, sealed)
        return
      } catch (error) {
        if (!(error instanceof SealError)) throw error
      }
      tried++
      if (tried >= TRIED) break
    }
    if (tried >= TRIED) break
  }
  if (tried === 0) return
  throw new ConfigError(
    `The keys do not fit what is stored: UNSEALING_KEYS opens none of ${tried} values that are sealed there. ` +
      'Put the keys back that sealed them (docs/keys.md).',
  )
}
