// The OpenAPI document tells the truth about what the program answers.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSystem, type System } from '../helpers/system.ts'

let system: System
beforeAll(async () => {
  system = await createSystem({ workers: false })
})
afterAll(() => system.stop())

interface Document {
  openapi: string
  paths: Record<string, Record<string, { responses: Record<string, unknown>; security?: [] }>>
}

test('every documented call exists, and refuses whoever is not signed in unless it says that it does not', async () => {
  const { body } = await system.anyone.request<Document>('GET', '/api/openapi.json')
  expect(body.openapi).toBe('3.1.0')
  const calls = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { security }]) => [method.toUpperCase(), path, security === undefined] as const,
    ),
  )
  expect(calls.length).toBeGreaterThan(10)
  for (const [method, path, needsSession] of calls) {
    const init = method === 'POST' || method === 'PUT' ? { body: {} } : {}
    const answer = await system.anyone.request<{ code: string }>(
      method,
      path.replace('{id}', '6b04d55e2c46fd50fd7a9885'),
      init,
    )
    if (needsSession)
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 401, 'not_signed_in'])
    else expect([method, path, answer.status, answer.body.code]).not.toEqual([method, path, 404, 'not_found'])
  }
})

test('it can be read in a browser, without anything from elsewhere', async () => {
  const page = await system.anyone.request<string>('GET', '/api/docs')
  expect(page.status).toBe(200)
  expect(page.body).not.toMatch(/https?:/)
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'start.js']) {
    expect((await system.anyone.request('GET', `/api/docs/${file}`)).status).toBe(200)
  }
})
