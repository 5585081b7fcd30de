// Examples of what goes over the wire, by the names of the schemas.
import type { Channel, Problem } from '../../contract.ts'

const at = '2026-05-04T12:00:01.200Z'
const channel: Channel = {
  id: '6b04d55e2c46fd50fd7a9885',
  provider: 'bluesky',
  identifier: 'you.bsky.social',
  handle: 'you.bsky.social',
  did: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz',
  displayName: 'You',
  avatar: null,
  serviceUrl: 'https://bsky.social',
  pdsUrl: 'https://morel.us-east.host.bsky.network',
  status: 'connected',
  since: at,
  outcome: {
    code: 'connected',
    step: 'verify',
    title: 'Connected',
    cause: 'The sign-in worked, and the account can post.',
    fix: 'Nothing needs to be done.',
    fixBy: 'user',
    retryable: false,
    givenUp: false,
    link: null,
    remark: null,
    params: {},
    at,
  },
  fault: null,
  brokenSince: null,
  button: null,
  also: null,
  retry: null,
  nextTryAt: null,
  lastVerifiedAt: at,
  nextCheckAt: '2026-05-05T09:30:00.000Z',
  askedAt: null,
  groups: [],
  createdAt: '2026-05-04T12:00:00.000Z',
  updatedAt: at,
  revision: 4,
}
const problem: Problem = {
  type: 'about:blank',
  title: 'That is not an app password',
  status: 422,
  code: 'password_not_app_format',
  detail: 'An app password has four groups of four characters.',
  requestId: '7c0f4a52-6b0e-4d52-9b57-0c8f3a1e2d4b',
  errors: [{ field: 'appPassword', message: 'That is not an app password.' }],
}

export const examples: Record<string, object> = {
  Channel: channel,
  Problem: problem,
  ConnectBody: { identifier: 'you.bsky.social', appPassword: 'abcd-efgh-ijkl-mnop' },
  ReconnectBody: { appPassword: 'abcd-efgh-ijkl-mnop' },
  SignInBody: { email: 'you@example.com', password: 'lamp harbour cactus' },
  SignUpBody: { email: 'you@example.com', password: 'lamp harbour cactus', name: 'You' },
  OptionsBody: { 'bluesky_service-url': 'https://bsky.social', bluesky_integration_status: 'enabled' },
}
