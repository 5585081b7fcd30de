// Proves that a session can post, without posting: a removal of nothing, then a write that has to be refused (docs/at-protocol.md §2.5).
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Answer, Call, Evidence, RepoState } from '../outcomes/evidence.ts'
import { readState } from './identity.ts'
import { bearer, inSession, readScope, type Session } from './session.ts'
import { call, readVersion, type Called, type Target } from './xrpc.ts'

const COLLECTION = 'app.bsky.feed.post'
/** A valid commit id that is nobody's: a server that honours `swapCommit` refuses to write. */
const NO_COMMIT = 'bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm'
/** Server kinds that check `swapCommit` before they write (docs/at-protocol.md §2.4); all others are never asked to write. */
const honoursSwap = /^(git-|v?\d+\.\d+\.\d+|(tranquil|custos)\b)/i

export interface Proof {
  /** the call that decided, and its answer */
  call: Call
  answer: Answer
  durationMs: number
  testPost: NonNullable<Evidence['testPost']> | undefined
  /** where it was asked for */
  accountState?: RepoState
}

export interface ProofOptions {
  /** called when the server has taken the first call, while the others go out */
  accepted?: () => void
  /** false for a server that has published a test post before */
  mayWrite?: boolean
  /** a test post of an earlier proof could not be removed */
  left?: boolean
  /** the server's `_health` version, where it is known already */
  version?: () => Promise<string>
}

/**
 * The key of the test record is always the same for a channel, so that whatever a broken-off proof may have left
 * behind is removed by the first call of the next one. Its time lies in 1980, where nobody's posts are.
 */
export function proofKey(channelId: string): string {
  const alphabet = '234567abcdefghijklmnopqrstuvwxyz'
  const hash = createHash('sha256').update(channelId).digest()
  const microseconds = 315_532_800_000_000n + (hash.readBigUInt64BE(0) % 31_536_000_000_000n)
  let number = (microseconds << 10n) | (hash.readBigUInt64BE(8) & 1023n)
  let key = ''
  for (let digit = 0; digit < 13; digit++) {
    key = alphabet[Number(number & 31n)] + key
    number >>= 5n
  }
  return key
}

/** Runs the proof. Nothing is left behind, whatever the server does. */
export async function provePosting(
  target: Target,
  session: Session,
  channelId: string,
  { accepted, mayWrite = true, left = false, version = () => readVersion(target) }: ProofOptions = {},
): Promise<Proof> {
  if (!left && !isOfAppPassword(session) && !honoursSwap.test(await version())) {
    const looked = await lookAtAccount(target, session, accepted)
    if (looked) return looked
  }
  const rkey = proofKey(channelId)
  const removal = await removeRecord(target, session, rkey)
  if (!removed(removal.answer) && !refusedToRemoveNothing(removal.answer)) {
    return { call: 'deleteRecord', answer: removal.answer, durationMs: removal.durationMs, testPost: undefined }
  }
  accepted?.()
  // An error that says that there was nothing to remove is what was hoped for.
  const taken: Answer = { kind: 'ok', status: removal.answer.status }
  const done = { call: 'deleteRecord', answer: taken, durationMs: removal.durationMs } as const
  if (!mayWrite || !honoursSwap.test(await version())) return { ...done, testPost: 'not_tried' }

  const record = { $type: COLLECTION, text: 'Connection test', createdAt: new Date().toISOString() }
  const write = await call<unknown>(inSession(target, session), (agent) =>
    agent.com.atproto.repo.createRecord(
      { repo: session.did, collection: COLLECTION, rkey, record, swapCommit: NO_COMMIT },
      { headers: bearer(session.accessJwt), encoding: 'application/json' },
    ),
  )
  const proof = {
    call: 'createRecord',
    answer: write.answer,
    durationMs: removal.durationMs + write.durationMs,
  } as const
  if (refusedForSwap(write.answer)) return { ...proof, testPost: 'refused_as_it_should' }

  // Anything else may have written: take it back before anything is concluded.
  const uri = z.object({ uri: z.string() }).safeParse(write.data).data?.uri
  const stays = await removeAgain(target, session, [...new Set([uri?.split('/').at(-1) ?? rkey, rkey])])
  const published = write.answer.kind === 'ok'
  if (stays) return { ...done, answer: stays, testPost: published ? 'left' : undefined }
  if (published) return { ...proof, testPost: 'published' }
  return { ...proof, testPost: inconclusive(write.answer) ? 'inconclusive' : undefined }
}

/** Where app passwords have a scope of their own, a removal shows more than a look. */
const isOfAppPassword = ({ accessJwt }: Session) => ![null, 'com.atproto.access'].includes(readScope(accessJwt))

/**
 * For a server that is not asked to write, and where every session may do everything: the session and the account's state
 * prove as much there as a removal of nothing, which leaves an empty commit on some (cocoon, pegasus).
 * @returns null where it has no such call
 */
async function lookAtAccount(
  target: Target,
  session: Session,
  accepted: ProofOptions['accepted'],
): Promise<Proof | null> {
  const own = await call<unknown>(inSession(target, session), (agent) =>
    agent.com.atproto.server.getSession({}, { headers: bearer(session.accessJwt) }),
  )
  const { answer, durationMs } = own
  if (answer.kind === 'error' && [404, 405, 501].includes(answer.status)) return null
  if (answer.kind !== 'ok') return { call: 'getSession', answer, durationMs, testPost: undefined }
  accepted?.()
  const accountState = await readState(target, session.did)
  // Nothing is known against it where the server does not tell (picopds).
  const isGood = accountState === 'active' || accountState === 'unknown'
  return { call: 'getSession', answer, durationMs, accountState, testPost: isGood ? 'not_tried' : undefined }
}

const removeRecord = (target: Target, session: Session, rkey: string): Promise<Called<unknown>> =>
  call<unknown>(inSession(target, session), (agent) =>
    agent.com.atproto.repo.deleteRecord(
      { repo: session.did, collection: COLLECTION, rkey },
      { headers: bearer(session.accessJwt), encoding: 'application/json' },
    ),
  )

/**
 * The proof's own deadline may be over by now; a record that must go gets three more chances.
 * @returns the last answer of a removal that failed: the step is tried again then, which begins with a removal
 */
async function removeAgain(target: Target, session: Session, rkeys: string[]): Promise<Answer | null> {
  for (const rkey of rkeys) {
    let answer: Answer | null = null
    for (let round = 0; round < 3; round++) {
      const removal = await removeRecord({ ...target, signal: AbortSignal.timeout(5_000) }, session, rkey)
      answer = removed(removal.answer) ? null : removal.answer
      if (!answer) break
    }
    if (answer) return answer
  }
  return null
}

type Heard = Exclude<Answer, { kind: 'fault' }>

/** The record is not there: removed, or never was. Some say the latter with an error (millipds, picopds, bluepds, arroba). */
const removed = (answer: Answer): answer is Heard =>
  answer.kind === 'ok' ||
  (answer.kind === 'error' &&
    (answer.error === 'RecordNotFound' ||
      /no such record|record not found|previous record does not exist|deleteRecord output .{0,40}NoneType/i.test(
        answer.message,
      )))

/** openfederation checks the session and the account, and then fails at a record that is not there. */
const refusedToRemoveNothing = (answer: Answer): answer is Heard =>
  answer.kind === 'error' && answer.error === 'InternalServerError' && answer.message === 'Failed to delete record'

/** By name where there is one; the status differs from server to server (docs/at-protocol.md §2.4). */
const refusedForSwap = (answer: Answer) =>
  answer.kind === 'error' &&
  (answer.error === 'InvalidSwap' ||
    /bad commit swap|swapCommit did not match|commit was at|repo has been modified/i.test(answer.message))

/** rsky turns every refusal into the same 500; a server may lack the call altogether. */
const inconclusive = (answer: Answer) =>
  answer.kind === 'error' &&
  (/something went wrong|unexpected output from apply_writes|swapCommit not supported/i.test(answer.message) ||
    [404, 405, 501].includes(answer.status))
