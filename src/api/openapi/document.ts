// The OpenAPI document: every operation, with the shapes that check the requests as named schemas.
import { z } from 'zod'
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi'
import { cookiePrefix } from '../../auth.ts'
import * as contract from '../../contract.ts'
import { accountOperations } from './account-operations.ts'
import * as accountShapes from './account-shapes.ts'
import { adminOperations } from './admin-operations.ts'
import { channelOperations } from './channel-operations.ts'
import { describeOperation, headers, type Operation } from './operation.ts'
import { examples } from './examples.ts'
import { personOperations } from './person-operations.ts'
import { quickStart } from './quick-start.ts'
import { serviceOperations } from './service-operations.ts'

const groups: { name: string; description: string; operations: Record<string, Operation> }[] = [
  { name: 'channels', description: 'Connect Bluesky accounts, and see how they stand.', operations: channelOperations },
  { name: 'accounts', description: 'Sign in and out; accounts of this program.', operations: accountOperations },
  {
    name: 'own account',
    description: 'Where you are signed in, your address, your mails and your data.',
    operations: personOperations,
  },
  {
    name: 'administration',
    description: 'Options, people, and the channels of all users.',
    operations: adminOperations,
  },
  { name: 'service', description: 'The program itself.', operations: serviceOperations },
]

/** Every operation, by method and path. */
export const operations: Record<string, Operation> = Object.assign({}, ...groups.map((group) => group.operations))

// A shape is called in the document as it is in the code.
for (const [id, shape] of Object.entries({ ...contract, ...accountShapes })) {
  if (!(shape instanceof z.ZodType)) continue
  const example = examples[id] ? { examples: [examples[id]] } : {}
  z.globalRegistry.add(shape, { ...z.globalRegistry.get(shape), ...example, id })
}

const introduction = (
  baseUrl: string,
) => `Accepts a handle and an app password, connects the account in the background, proves that it can post,
and says what happened: \`outcome\` of a channel, with its cause and the fix.

${quickStart(baseUrl)}
## Signing in

\`POST /api/auth/sign-in/email\` sets a cookie for browsers and has a \`set-auth-token\` header, which scripts send as a
bearer token, as it is: it is signed, and the \`token\` of the body is not a key. An account with a second factor gets
\`twoFactorRedirect\` and a cookie instead: send that cookie with \`POST /api/auth/two-factor/verify-totp\` or
\`/verify-backup-code\`; the response to it is that of a sign-in.

## Errors

Every error is \`application/problem+json\` (RFC 9457) with a stable \`code\`, a sentence for the person in \`detail\`, and
\`errors\` for each field of bad input. \`429\` and \`503\` say in \`Retry-After\` when it is worth trying again. An address that
takes other methods says which in \`Allow\` (\`405\`). What changes something is taken from this site's own pages, and from
programs, which send no \`Origin\`.
`

/** What every integer of JavaScript has says nothing. */
function withoutBounds({ jsonSchema }: { jsonSchema: { minimum?: number; maximum?: number } }) {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

export function openApiDocument(baseUrl: string) {
  const paths: ZodOpenApiPathsObject = {}
  for (const { name: tag, operations: its } of groups) {
    for (const [name, said] of Object.entries(its)) {
      const [method = '', path = ''] = name.split(' ')
      paths[path] = { ...paths[path], [method]: describeOperation(name, tag, said) }
    }
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'bluesky-connect',
        version: '0.1.0',
        license: { name: 'MIT', identifier: 'MIT' },
        description: introduction(baseUrl),
      },
      servers: [{ url: baseUrl, description: 'this installation' }],
      security: [{ session: [] }, { bearer: [] }],
      tags: groups.map(({ name, description }) => ({ name, description })),
      components: {
        headers,
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: `${cookiePrefix(baseUrl)}.session_token` },
          bearer: { type: 'http', scheme: 'bearer', description: 'the `set-auth-token` header of a sign-in' },
        },
      },
      paths,
    },
    { override: withoutBounds },
  )
}
