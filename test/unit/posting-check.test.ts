// The check of a session that is over: what is refreshed has to be the session of the same account.
import { expect, test } from 'vitest'
import { diagnose } from '../../src/outcomes/catalogue.ts'
import { KeptSession, type Session } from '../../src/bluesky/session.ts'
import { checkOnce } from '../helpers/connect-once.ts'

const serviceUrl = 'https://pds.example.com'
const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const otherDid = 'did:plc:z72i7hdynmk6r22z27h6tvur'
const session = KeptSession.parse({ accessJwt: 'old-access', refreshJwt: 'old-refresh', did })

/** A server that refreshes once, into a session of `refreshedDid`, and accepts only what it gave then. */
async function check(refreshedDid: string) {
  const kept: Session[] = []
  const fetch = (input: string | URL | Request, init: RequestInit = {}) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    const renewed = new Headers(init.headers).get('authorization') === 'Bearer new-access'
    if (pathname.endsWith('.refreshSession')) {
      const body = { accessJwt: 'new-access', refreshJwt: 'new-refresh', did: refreshedDid, handle: 'a.example.com' }
      return Promise.resolve(Response.json(body))
    }
    if (pathname.endsWith('_health')) return Promise.resolve(Response.json({ version: 'other 1.0' }))
    const over = { error: 'ExpiredToken', message: 'Token has expired' }
    return Promise.resolve(renewed ? Response.json({}) : Response.json(over, { status: 400 }))
  }
  const { seen } = await checkOnce({
    http: { fetch },
    signal: AbortSignal.timeout(10_000),
    channelId: 'channel',
    session,
    pdsUrl: serviceUrl,
    serviceUrl,
    keep: (refreshed) => Promise.resolve(kept.push(refreshed) > 0),
  })
  return { code: diagnose(seen), kept: kept.map(({ did }) => did) }
}

test('a session that is over is refreshed, kept and proved', async () => {
  expect(await check(did)).toEqual({ code: 'test_post_unsupported', kept: [did] })
})

test('a refresh that gives the session of another account is not kept, and told', async () => {
  expect(await check(otherDid)).toEqual({ code: 'wrong_account', kept: [] })
})
