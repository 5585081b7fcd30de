// /api/docs shows the OpenAPI document.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSystem, type System } from '../helpers/system.ts'

let system: System
beforeAll(async () => {
  system = await createSystem({ workers: false })
})
afterAll(() => system.stop())

test('it can be read in a browser, without anything from elsewhere', async () => {
  const page = await system.anyone.request<string>('GET', '/api/docs')
  expect(page.status).toBe(200)
  expect(page.body).not.toMatch(/https?:/)
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'start.js']) {
    expect((await system.anyone.request('GET', `/api/docs/${file}`)).status).toBe(200)
  }
})
