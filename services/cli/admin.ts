// `service.sh admin`: who is administrator, and a new password for one who cannot sign in, whether anything runs or not.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { projectDir } from '../paths.ts'
import { listProcesses } from '../processes/supervisor.ts'
import { readSettings } from './settings.ts'
import { withStores } from './with-stores.ts'

/** @returns its exit code */
export async function runAdmins(args: string[]): Promise<number> {
  const settings = readSettings(await listProcesses())
  return withStores(settings, async ({ env }) => {
    // The terminal is its own: it may ask for a password.
    const child = spawn(process.execPath, ['src/admins.ts', ...args], {
      cwd: projectDir,
      env: { ...settings.environment(env), BASE_URL: settings.baseUrl },
      stdio: 'inherit',
    })
    const [code] = (await once(child, 'exit')) as [number | null]
    return code ?? 1
  })
}
