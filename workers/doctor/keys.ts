// The keys: do those of this process open what is stored, by a sample of the oldest and the newest channels.
import { decodeProtectedHeader } from 'jose'
import type { Types } from 'mongoose'
import type { Db } from '../../src/db/open.ts'
import { failed, ok, type Verdict } from '../../src/examination.ts'
import type { Purpose } from '../../src/seal.ts'
import { createUnseal } from '../unseal.ts'
import type { Patient, Plan } from './examine.ts'

const SAMPLE = 50
const QUERY_MS = 5_000

export function examineKeys({ config, mongo }: Patient): Plan[] {
  return [
    {
      id: 'keys',
      title: 'Keys',
      async look() {
        const opened = await mongo
        return 'why' in opened ? opened.why : examineSample(opened.db, config.unsealingKeys)
      },
    },
  ]
}

interface Stored {
  _id: Types.ObjectId
  secrets?: { password?: string; session?: string; former?: string[] }
}

async function examineSample({ channels }: Db, keys: Patient['config']['unsealingKeys']): Promise<Verdict> {
  const unseal = createUnseal(keys)
  const ends = [1, -1] as const
  const found = await Promise.all(
    ends.map((direction) =>
      channels.find({}, { secrets: 1 }).sort({ _id: direction }).limit(SAMPLE).maxTimeMS(QUERY_MS).lean<Stored[]>(),
    ),
  )
  const sealed = [...new Map(found.flat().map((stored) => [stored._id.toHexString(), stored]))].flatMap(sealedOf)
  const unopened = new Map<string, number>()
  for (const { purpose, owner, value } of sealed) {
    const opens = await unseal(purpose, owner, value).then(
      () => true,
      () => false,
    )
    if (!opens) unopened.set(keyOf(value), (unopened.get(keyOf(value)) ?? 0) + 1)
  }
  const ids = keys.map(({ id }) => id).join(', ')
  if (sealed.length === 0) return ok(`nothing is stored yet that ${ids} would have to open`)
  if (unopened.size === 0) return ok(`${ids} opens each of ${sealed.length} that were tried`)
  const named = [...unopened].map(([id, count]) => `${count} sealed by "${id}"`).join(', ')
  return failed(
    `of ${sealed.length} that were tried ${ids} does not open ${named}`,
    'Put the private half of each key that is named back into UNSEALING_KEYS of the workers. Without it these people have to connect again.',
  )
}

function sealedOf([owner, { secrets = {} }]: [string, Stored]): { purpose: Purpose; owner: string; value: string }[] {
  const { password, session, former = [] } = secrets
  const sessions = [...(session ? [session] : []), ...former]
  return [
    ...(password ? [{ purpose: 'password' as const, owner, value: password }] : []),
    ...sessions.map((value) => ({ purpose: 'session' as const, owner, value })),
  ]
}

/** The header is no secret: it says which key sealed. */
function keyOf(value: string): string {
  try {
    return decodeProtectedHeader(value).kid ?? '?'
  } catch {
    return '?'
  }
}
