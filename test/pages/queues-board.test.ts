// /admin/queues in a browser: Bull Board as administrators see it, and how they get there.
import { mkdirSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { browser, system, useProgram, wide } from './browser.ts'
import { admin, newUser, password } from './people.ts'

useProgram({ workers: false })
const PATH = '/admin/queues'

afterEach(() => system.context.queues.verify.resume())

test('a page opens from the navigation, shows a paused queue and a job with its ids alone, and breaks no policy', async () => {
  const user = await system.user()
  const { id } = await user.connect('waiting.test', 'aaaa-bbbb-cccc-dddd')
  await system.context.queues.verify.pause()
  const { page } = await admin()
  const refused: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('fonts.googleapis.com')) refused.push(message.text())
  })
  const elsewhere: string[] = []
  page.on('response', (response) => {
    if (!response.url().startsWith(system.url)) elsewhere.push(response.url())
  })
  await page.goto('/admin/connections')
  await page.getByRole('navigation').getByRole('link', { name: 'Queues' }).click()
  await page.getByText('verify').first().waitFor()
  await page.getByText('Paused').first().waitFor()
  await shoot(page, 'queues')
  await page.goto(`${PATH}/queue/connect?status=waiting`)
  await page.getByText(id).first().waitFor()
  await shoot(page, 'queue')
  expect(await page.content()).not.toContain('aaaa-bbbb')
  expect(refused).toEqual([])
  expect(elsewhere).toEqual([])
})

test('who opens its address without a session comes back to it after the sign-in', async () => {
  const context = await browser.newContext({ ...wide, baseURL: system.url })
  const page = await context.newPage()
  await page.goto(PATH)
  await page.getByLabel('E-mail').fill('admin@example.com')
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('verify').first().waitFor()
  expect(new URL(page.url()).pathname).toBe(PATH)
})

test('users have no link to it', async () => {
  const { page } = await newUser()
  await page.goto('/app/channels')
  await page.getByRole('navigation').getByRole('link', { name: 'Channels' }).waitFor()
  expect(await page.getByRole('link', { name: 'Queues' }).count()).toBe(0)
})

/** For a look at it, where SCREENSHOTS names a folder. */
async function shoot(page: Awaited<ReturnType<typeof newUser>>['page'], name: string) {
  const folder = process.env['SCREENSHOTS']
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: `${folder}/${name}.png` })
}
