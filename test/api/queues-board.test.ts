// /admin/queues: Bull Board, which administrators alone see, and which changes nothing.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSystem, type System } from '../helpers/system.ts'

const PATH = '/admin/queues'
let system: System
beforeAll(async () => {
  system = await createSystem({ workers: false })
})
afterAll(() => system.stop())

/** As a browser opens a page, or as a script asks. */
const get = async (path: string, token: string, accept: string) => {
  const { status, headers, body } = await system.anyone.request<{ code?: string }>('GET', path, {
    headers: { accept, ...(token ? { authorization: `Bearer ${token}` } : {}) },
  })
  return { status, location: headers.get('location'), code: body.code, headers }
}

test('it is for administrators: others are sent to sign in, or are told', async () => {
  const [user, boss] = await Promise.all([system.user(), system.admin()])
  for (const path of [PATH, `${PATH}/api/queues`, `${PATH}/static/js/main.js`]) {
    expect(await get(path, '', 'application/json')).toMatchObject({ status: 401, code: 'not_signed_in' })
    expect(await get(path, user.token, 'application/json')).toMatchObject({ status: 403, code: 'not_for_you' })
    expect(await get(path, user.token, 'text/html')).toMatchObject({ status: 403, code: 'not_for_you' })
  }
  expect(await get(PATH, '', 'text/html,*/*')).toMatchObject({ status: 303, location: `/sign-in?next=${PATH}` })
  const shown = await get(PATH, boss.token, 'text/html')
  expect(shown.status).toBe(200)
  expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(shown.headers.get('cache-control')).toBe('no-store')
  expect(shown.headers.get('x-powered-by')).toBeNull()
})

test('where administrators need a second factor, it asks for it too', async () => {
  system.context.config.auth.adminSecondFactorRequired = true
  try {
    const boss = await system.admin()
    expect(await get(PATH, boss.token, 'text/html')).toMatchObject({ status: 303, location: '/app/account' })
    const asked = await get(`${PATH}/api/queues`, boss.token, 'application/json')
    expect(asked).toMatchObject({ status: 403, code: 'second_factor_needed' })
  } finally {
    system.context.config.auth.adminSecondFactorRequired = false
  }
})

test('nothing can be changed through it', async () => {
  const boss = await system.admin()
  for (const path of ['/api/queues/verify/pause', '/api/queues/pause', '/api/queues/connect/add']) {
    const { status } = await system.anyone.request('PUT', `${PATH}${path}`, {
      headers: { authorization: `Bearer ${boss.token}` },
    })
    expect([path, status]).toEqual([path, 404])
  }
  expect(await system.context.queues.verify.isPaused()).toBe(false)
})
