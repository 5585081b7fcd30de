// An address that leads nowhere says so: to a browser with a page and 404, to a program with a problem.
import { expect, test } from 'vitest'
import { browser, system, useProgram, wide } from './browser.ts'

useProgram({ workers: false })

const nowhere = ['/metrics', '/version', '/app/nothing', '/admin/nothing', '/api/nothing']

test('a person sees that there is nothing, with a way back', async () => {
  const page = await browser.newPage(wide)
  const response = await page.goto(`${system.url}/anything/else`)
  expect(response?.status()).toBe(404)
  await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
  await page.getByRole('link', { name: 'Go to your channels' }).click()
  await page.waitForURL('**/sign-in?next=*')
  await page.close()
})

test('the files that the pages are made of are no addresses', async () => {
  for (const path of ['/index.html', '/assets', '/assets/', '/assets/nothing.js', '/assets/../index.html', '/.br']) {
    const answer = await system.anyone.request<string>('GET', path, { headers: { accept: 'text/html' } })
    expect([path, answer.status]).toEqual([path, 404])
  }
  expect((await system.anyone.request('GET', '/favicon.svg')).status).toBe(200)
})

test('a program gets 404 and a problem', async () => {
  for (const path of nowhere) {
    const answer = await system.anyone.request<{ code: string }>('GET', path)
    expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'not_found'])
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  }
})

test('what asks for the interface gets a problem, whatever it says it would like to read', async () => {
  const headers = { accept: 'text/html' }
  const answer = await system.anyone.request<{ code: string }>('GET', '/api/nothing', { headers })
  expect([answer.status, answer.body.code]).toEqual([404, 'not_found'])
})

test('every page that there is answers 200', async () => {
  for (const path of ['/sign-in', '/unsubscribe', '/app/channels', '/admin/connections/6b04d55e2c46fd50fd7a9885']) {
    const answer = await system.anyone.request<string>('GET', path, { headers: { accept: 'text/html' } })
    expect([path, answer.status, answer.body.includes('<div id="root">')]).toEqual([path, 200, true])
  }
})
