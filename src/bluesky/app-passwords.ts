// Lists and deletes app passwords of an account, which a session of one of them may do on most servers.
import { z } from 'zod'
import { bearer, inSession, type Session } from './session.ts'
import { call, repeats, type Called, type Target } from './xrpc.ts'

/** All or nothing: of a list that cannot be read to its end nobody knows how many there are. */
const Listed = z.object({
  passwords: z
    .array(
      z.object({
        name: z.string().min(1).max(500),
        createdAt: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
        privileged: z.boolean().nullish(),
      }),
    )
    .max(1000),
})

export interface AppPassword {
  name: string
  /** as the server says it */
  createdAt: string
  /** it may read direct messages */
  privileged: boolean
}

interface Listing extends Called<unknown> {
  /** absent: there was no such answer */
  appPasswords?: AppPassword[]
}

/** `com.atproto.server.listAppPasswords`: which of them the session was opened with, no server says. */
export async function listAppPasswords(target: Target, session: Session): Promise<Listing> {
  const called = await call<unknown>(inSession(target, session), (agent) =>
    agent.com.atproto.server.listAppPasswords(undefined, { headers: bearer(session.accessJwt) }),
  )
  const { answer, durationMs } = called
  if (answer.kind !== 'ok') return { answer, durationMs }
  const listed = Listed.safeParse(called.data).data?.passwords
  // They are shown, and what is shown holds no token.
  const tells = listed?.some(({ name }) => repeats(name, [session.accessJwt, session.refreshJwt]))
  if (!listed || tells)
    return { answer: { kind: 'invalid', status: answer.status, detail: 'no app passwords' }, durationMs }
  const appPasswords = listed.map((one) => ({ ...one, privileged: one.privileged ?? false }))
  return { answer, durationMs, appPasswords }
}

/** `com.atproto.server.revokeAppPassword`: ends the sessions that were opened with it, too. */
export const deleteAppPassword = (target: Target, session: Session, name: string): Promise<Called<unknown>> =>
  call<unknown>(inSession(target, session), async (agent) => ({
    data: await agent.com.atproto.server.revokeAppPassword({ name }, { headers: bearer(session.accessJwt) }),
  }))
