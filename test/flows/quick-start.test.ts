// The quick start of /api/docs runs as it stands there: in Node, and in Python where the machine has it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { findProgram, run } from '../../services/run.ts'
import { createAccount, createAppPassword } from '../helpers/pds.ts'
import { createSystem, PASSWORD, type System } from '../helpers/system.ts'

let system: System
let dir: string
beforeAll(async () => {
  system = await createSystem()
  dir = await mkdtemp(join(tmpdir(), 'bluesky-connect-quick-start-'))
})
afterAll(async () => {
  await system.stop()
  await rm(dir, { recursive: true })
})

const python = findProgram('python3')
const languages: [string, string, string][] = [
  ['js', 'quick-start.mjs', process.execPath],
  ...(python ? [['python', 'quick-start.py', python] satisfies [string, string, string]] : []),
]

test.each(languages)('%s: signs in, connects and tells the outcome, in ten lines', async (language, name, command) => {
  const { body } = await system.anyone.request<{ info: { description: string } }>('GET', '/api/openapi.json')
  const [, program = ''] = new RegExp(`\`\`\`${language}\n(.*?)\n\`\`\``, 's').exec(body.info.description) ?? []
  expect(program.split('\n').length).toBe(10)
  const file = join(dir, name)
  await writeFile(file, program)
  const account = await createAccount(inject('pds'))
  const appPassword = await createAppPassword(account)
  const { email } = await system.user()
  const start = (APP_PASSWORD: string) =>
    run(command, [file], { env: { EMAIL: email, PASSWORD, HANDLE: account.handle, APP_PASSWORD } })

  const well = await start(appPassword)
  expect([well.code, well.output]).toEqual([0, expect.stringMatching(/^connected .*Connected/s)])
  const wrong = await start('aaaa-bbbb-cccc-dddd')
  expect([wrong.code, wrong.output]).toEqual([0, expect.stringMatching(/^action_required .*bad_credentials/s)])
})
