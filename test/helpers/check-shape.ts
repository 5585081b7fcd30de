// Holds every response that a test gets against the OpenAPI operation of its route: its status, its code, and no field more or less.
import { expect } from 'vitest'
import { z } from 'zod'
import { operations } from '../../src/api/openapi/document.ts'
import { errorCodes, type Operation } from '../../src/api/openapi/operation.ts'
import { Problem } from '../../src/contract.ts'

interface Route {
  name: string
  method: string
  path: RegExp
  operation: Operation
}

/** Routes without parameters come first: one of them may look like the id of another. */
const routes: Route[] = Object.entries(operations)
  .sort(([one], [other]) => Number(one.includes('{')) - Number(other.includes('{')))
  .map(([name, operation]) => {
    const [method = '', path = ''] = name.split(' ')
    const pattern = `^${path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`
    return { name, method: method.toUpperCase(), path: new RegExp(pattern), operation }
  })

/** What no operation has: an address that does not exist, or takes other methods. */
const NOWHERE = ['not_found', 'method_not_allowed', 'too_large']

/** Unknown fields are left out of what a shape reads, however deep, so that a response with one is not equal to it. */
function checkAgainst(shape: z.ZodType, what: string, body: unknown) {
  const { data, error } = shape.safeParse(body)
  if (error) expect.fail(`${what} has not the shape that is documented: ${z.prettifyError(error)}`)
  expect(data, `${what} has fields that are not documented`).toEqual(body)
}

/** @throws where a response of the API is not what its document says */
export function checkShape(method: string, target: string, status: number, body: unknown): void {
  const [path = ''] = target.split('?')
  const what = `${status} of ${method} ${path}`
  const route = routes.find((one) => one.method === method && one.path.test(path))
  const also = route?.operation.also?.[status]
  if (also) {
    if (also.returns) checkAgainst(also.returns, what, body)
    return
  }
  if (status >= 400 && path.startsWith('/api/')) return checkRefusal(what, body, route)
  if (!route) {
    if (path.startsWith('/api/') && !path.startsWith('/api/docs/'))
      expect.fail(`${what} is not in the OpenAPI document`)
    return
  }
  const { status: good = 200, returns } = route.operation
  expect(status, `${what}: another status is documented`).toBe(good)
  if (typeof returns === 'string') expect(typeof body, what).toBe('string')
  else if (returns) checkAgainst(returns, what, body)
  else if (status === 204) expect(body, what).toBe('')
}

function checkRefusal(what: string, body: unknown, route: Route | undefined) {
  checkAgainst(Problem, what, body)
  const { code } = body as Problem
  const documented = route ? errorCodes(route.name, route.operation) : NOWHERE
  expect([...documented, ...NOWHERE], `${what}: this code is not documented`).toContain(code)
}
