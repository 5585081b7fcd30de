// An admin disconnects a connection of somebody else's, and the settings page says so.
import { expect, test } from 'vitest'
import { useProgram } from './browser.ts'
import { admin, card, newAccount, newUser, notReloaded, openDialog, statusOf, submitDialog } from './people.ts'

useProgram()

test(
  'a connection that an admin disconnects is asked for first, goes from both pages, and stands in the list of changes',
  { timeout: 120_000 },
  async () => {
    const account = await newAccount()
    const user = await newUser()
    await user.page.goto('/app/channels')
    await openDialog(user.page)
    await submitDialog(user.page, account)
    await statusOf(user.page, account.handle, 'Connected')
    const unchanged = await notReloaded(user.page)

    const { page, context } = await admin()
    const deleted: string[] = []
    page.on('request', (request) => void (request.method() === 'DELETE' && deleted.push(request.url())))
    await page.goto(`/admin/connections?status=all&user=${user.email}`)
    await page.getByRole('link', { name: `Open ${account.handle}` }).click()
    await page.getByRole('button', { name: 'Disconnect' }).click()
    const dialog = page.getByRole('dialog', { name: `Disconnect ${account.handle}?` })
    await dialog.getByText(`as if ${user.email} had removed it`).waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(deleted).toEqual([])
    await card(user.page, account.handle).waitFor()

    await page.getByRole('button', { name: 'Disconnect' }).click()
    await dialog.getByRole('button', { name: 'Disconnect' }).click()
    await page.getByText(`${account.handle} was disconnected.`).waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('row').filter({ hasText: account.handle }).waitFor({ state: 'detached' })
    expect(deleted).toHaveLength(1)
    await card(user.page, account.handle).waitFor({ state: 'detached' })
    await unchanged()

    await page.goto('/admin/api-integration/bluesky')
    const entry = page.getByRole('listitem').filter({ hasText: 'Connection disconnected' })
    await entry.getByText(`${account.handle}, ${user.email}`).waitFor()
    await entry.getByText('admin@example.com').waitFor()
    await Promise.all([context.close(), user.context.close()])
  },
)
