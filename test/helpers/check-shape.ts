// Holds every response that a test gets against the shape that the OpenAPI document gives its route: no field more, none less.
import { expect } from 'vitest'
import { z } from 'zod'
import { calls } from '../../src/api/docs.ts'
import { Problem } from '../../src/contract.ts'

interface Route {
  method: string
  path: RegExp
  status: number
  returns: z.ZodType | string | null
}

/** Routes without parameters come first: one of them may look like the id of another. */
const routes: Route[] = Object.entries(calls)
  .map(([name, { status = 200, returns }]) => ({ name, status, returns }))
  .sort((one, other) => Number(one.name.includes('{')) - Number(other.name.includes('{')))
  .map(({ name, status, returns }) => {
    const [method = '', path = ''] = name.split(' ')
    const pattern = `^/api${path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`
    return { method: method.toUpperCase(), path: new RegExp(pattern), status, returns }
  })

/** Who is signed in, and what the library of the accounts answers, are not part of the documented API. */
const undocumented = /^\/api\/(auth\/.*|me|about|page-errors|openapi\.json|docs.*)$/

/** Unknown fields are left out of what a shape reads, however deep, so that a response with one is not equal to it. */
function checkAgainst(shape: z.ZodType, what: string, body: unknown) {
  const { data, error } = shape.safeParse(body)
  if (error) expect.fail(`${what} has not the shape that is documented: ${z.prettifyError(error)}`)
  expect(data, `${what} has fields that are not documented`).toEqual(body)
}

/** @throws where a response of the API is not what its document says */
export function checkShape(method: string, target: string, status: number, body: unknown): void {
  const [path = ''] = target.split('?')
  if (!path.startsWith('/api/') || undocumented.test(path)) return
  const what = `${status} of ${method} ${path}`
  if (status >= 400) return checkAgainst(Problem, what, body)
  if (status >= 300) return
  const route = routes.find((one) => one.method === method && one.path.test(path))
  if (!route) return expect.fail(`${what} is not in the OpenAPI document`)
  expect(status, `${what}: another status is documented`).toBe(route.status)
  if (typeof route.returns === 'string') expect(typeof body, what).toBe('string')
  else if (route.returns) checkAgainst(route.returns, what, body)
  else expect(body, what).toBe('')
}
