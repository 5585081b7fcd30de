// Remembers in Redis, for all workers, which servers published a test post (none gets a second one) and which are still there.
import type { Evidence } from '../src/outcomes/evidence.ts'
import type { Context } from '../src/context.ts'
import { withDeadline } from '../src/deadline.ts'

type Kept = Pick<Context, 'redis' | 'config'>
/** `origin` of the server of the account */
export interface TestPost {
  origin: string
  channelId: string
}
export interface TestPosts {
  /** the server has published one */
  published: boolean
  /** one of this channel could not be removed */
  left: boolean
}

/** By then a server may run other software. */
const REMEMBERED_SECONDS = 30 * 86_400
const REDIS_MS = 2_000

const publishedKey = ({ config }: Kept, { origin }: TestPost) => `${config.redis.prefix}:test-posts:published:${origin}`
const leftKey = ({ config }: Kept, { channelId }: TestPost) => `${config.redis.prefix}:test-posts:left:${channelId}`

/** @returns null without Redis: nobody knows whether the server may be asked to write */
export async function recallTestPosts(context: Kept, of: TestPost): Promise<TestPosts | null> {
  const asked = context.redis.mget(publishedKey(context, of), leftKey(context, of))
  const found = await withDeadline(asked, REDIS_MS).catch(() => null)
  return found && { published: Boolean(found[0]), left: Boolean(found[1]) }
}

/** Never throws: how the step ended is known, and counts without Redis too. */
export async function rememberTestPosts(
  context: Kept,
  of: TestPost,
  { testPost, before }: { testPost: Evidence['testPost']; before: TestPosts },
): Promise<void> {
  const change = context.redis.pipeline()
  if (testPost === 'published' || testPost === 'left')
    change.set(publishedKey(context, of), '1', 'EX', REMEMBERED_SECONDS)
  if (testPost === 'left') change.set(leftKey(context, of), '1', 'EX', REMEMBERED_SECONDS)
  else if (testPost && before.left) change.del(leftKey(context, of))
  if (change.length > 0) await withDeadline(change.exec(), REDIS_MS).catch(() => {})
}
