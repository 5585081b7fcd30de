// /api/admin/people: the accounts, one in full, inviting somebody and links to a new password. What the accounts library does itself is under /api/auth/admin.
import { isAPIError } from 'better-auth/api'
import { Router, type Request, type RequestHandler, type Response } from 'express'
import type { ApiContext } from '../app.ts'
import { makePasswordLink } from '../auth/links.ts'
import { asAppError } from '../auth/problems.ts'
import {
  InviteBody,
  PeopleQuery,
  type AuditAction,
  type Invited,
  type PasswordLink,
  type Person,
  type PersonDetails,
  type PersonPage,
  type PersonState,
} from '../contract.ts'
import { addAudit, listActs } from '../db/audit.ts'
import { summarizeOwnChannels } from '../db/own-channels.ts'
import { countChannels, findPerson, listPeople, markInvited, type PersonDoc } from '../db/people.ts'
import { resetSecondFactor } from '../db/second-factors.ts'
import { endSessions, listSessions } from '../db/sessions.ts'
import { AppError } from '../errors.ts'
import { announceSessionsEnded } from '../events.ts'
import { isAdmin } from '../input/account.ts'
import { sendMail } from '../mail/send.ts'
import { atOnce } from './at-once.ts'
import { checked, checkedId, requestId, requireAdmin, requireFresh, requireSession, type User } from './guards.ts'
import { presentAudit, presentSession, presentSummary } from './present.ts'
import type { Quotas } from './quotas.ts'

const SHOWN_SESSIONS = 100
const SHOWN_ACTS = 20

type Needs = Pick<ApiContext, 'auth' | 'config'>

/** Before whatever is done to people, on our routes and on those of the library: a session that was stolen cannot. */
async function requireActing(context: Needs, quotas: Quotas, request: Request, response: Response): Promise<User> {
  const admin = await requireAdmin(context, request)
  await quotas.take('people', request, response, admin.id)
  await requireFresh(context, request)
  return admin
}

/** The accounts library has routes for admins as well. */
export const libraryAdmins =
  (context: Needs, quotas: Quotas): RequestHandler =>
  async (request, response, next) => {
    if (request.path.startsWith('/admin/')) await requireActing(context, quotas, request, response)
    next()
  }

export function adminPeopleRoutes(context: ApiContext, quotas: Quotas): Router {
  const { auth, db } = context
  const searching = atOnce({ inAll: 20, perUser: 4 })
  const acting = (request: Request, response: Response) => requireActing(context, quotas, request, response)

  const found = async (id: unknown): Promise<PersonDoc> => {
    const person = await findPerson(db, checkedId(id, 'user_not_found'))
    if (!person) throw new AppError('user_not_found', 'There is no such user.')
    return person
  }
  const present = async (people: PersonDoc[]): Promise<Person[]> => {
    const counts = await countChannels(
      db,
      people.map(({ _id }) => _id.toHexString()),
    )
    return people.map((person, index) => presentPerson(person, counts[index] ?? 0))
  }
  const note = (request: Request, admin: User, action: AuditAction, whom: string, to = '') =>
    addAudit(db, { at: new Date(), actor: admin.email, action, whom, to, requestId: requestId(request) })

  return Router()
    .get('/admin/people', async (request, response) => {
      const admin = await requireAdmin(context, request)
      using _place = searching(admin.id)
      const { limit, cursor, ...filter } = checked(PeopleQuery, request.query)
      const page = await listPeople(db, filter, limit + 1, cursor && checkedId(cursor, 'bad_request'))
      const people = await present(page.slice(0, limit))
      const nextCursor = page.length > limit ? (people.at(-1)?.id ?? null) : null
      response.json({ people, nextCursor } satisfies PersonPage)
    })
    .post('/admin/people', async (request, response) => {
      const admin = await acting(request, response)
      const { email, role } = checked(InviteBody, request.body)
      const { user } = await auth.api
        .createUser({ body: { email, role, name: email.split('@')[0] ?? '' } })
        .catch(refused)
      await markInvited(db, user.id, new Date())
      await note(request, admin, 'user_invited', user.email, role)
      const made = await makePasswordLink(context, auth, {
        userId: user.id,
        kind: 'invitation',
        requestId: requestId(request),
        mailed: true,
      })
      const [person] = await present([await found(user.id)])
      if (!person) throw new Error('the page of one person is empty')
      response.status(201).json({ person, ...made } satisfies Invited)
    })
    .get('/admin/people/:id', async (request, response) => {
      await requireAdmin(context, request)
      const { id: sessionId, user: admin } = await requireSession(context, request)
      const person = await found(request.params.id)
      const id = person._id.toHexString()
      const [presented, standing, sessions, acts] = await Promise.all([
        present([person]),
        summarizeOwnChannels(db, id),
        listSessions(db, id, SHOWN_SESSIONS),
        listActs(db, person.email, SHOWN_ACTS),
      ])
      const [shown] = presented
      if (!shown) throw new Error('the page of one person is empty')
      response.json({
        ...shown,
        yourself: id === admin.id,
        standing: presentSummary(standing),
        sessions: sessions.map((session) => presentSession(session, sessionId)),
        acts: acts.map(presentAudit),
      } satisfies PersonDetails)
    })
    .delete('/admin/people/:id/second-factor', async (request, response) => {
      const admin = await acting(request, response)
      const person = await found(request.params.id)
      const id = person._id.toHexString()
      if (id === admin.id) throw new AppError('not_yourself', 'Turn your own second factor off at /app/account.')
      if (await resetSecondFactor(db, id)) {
        await note(request, admin, 'second_factor_reset', person.email)
        await sendMail(context, {
          id: `second-factor-reset-${id}-${requestId(request)}`,
          kind: 'second_factor_reset',
          userId: id,
          params: {},
          requestId: requestId(request),
        })
      }
      response.status(204).end()
    })
    .delete('/admin/people/:id/sessions/:sessionId', async (request, response) => {
      const admin = await acting(request, response)
      const person = await found(request.params.id)
      const id = person._id.toHexString()
      const only = checkedId(request.params.sessionId, 'session_not_found')
      if ((await endSessions(db, id, { only })) === 0) {
        throw new AppError('session_not_found', 'There is no such session; it may have ended already.')
      }
      await announceSessionsEnded(context, id)
      await note(request, admin, 'session_ended', person.email)
      response.status(204).end()
    })
    .post('/admin/people/:id/password-link', async (request, response) => {
      const admin = await acting(request, response)
      const person = await found(request.params.id)
      await note(request, admin, 'password_link_made', person.email)
      const made: PasswordLink = await makePasswordLink(context, auth, {
        userId: person._id.toHexString(),
        kind: person.invitedAt ? 'invitation' : 'password_link',
        requestId: requestId(request),
        mailed: true,
      })
      response.status(201).json(made)
    })
}

function refused(error: unknown): never {
  throw isAPIError(error) ? asAppError(error) : error
}

function presentPerson(person: PersonDoc, channels: number): Person {
  const { _id, email, name, banReason, banExpires, createdAt, lastSeenAt } = person
  const isLockedOut = person.banned === true && !(banExpires && banExpires < new Date())
  const state = (): PersonState => {
    if (isLockedOut) return 'locked_out'
    return person.invitedAt ? 'invited' : 'active'
  }
  return {
    id: _id.toHexString(),
    email,
    name: name ?? '',
    role: isAdmin(person) ? 'admin' : 'user',
    state: state(),
    lockedOut: isLockedOut ? { reason: banReason || null, until: banExpires?.toISOString() ?? null } : null,
    emailVerified: person.emailVerified === true,
    secondFactor: person.twoFactorEnabled === true,
    channels,
    createdAt: createdAt.toISOString(),
    lastSeenAt: lastSeenAt?.toISOString() ?? null,
  }
}
