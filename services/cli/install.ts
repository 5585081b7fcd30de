// `service.sh install` and `uninstall`: a systemd unit that starts the program with the machine and when its supervisor dies.
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import path from 'node:path'
import { ServiceError } from '../errors.ts'
import { cacheDir, projectDir } from '../paths.ts'
import { supervisorDir, supervisorRuns } from '../processes/supervisor.ts'
import { mustRun } from '../run.ts'
import { say } from '../say.ts'

const UNIT = 'bluesky-connect.service'

type Manager = { unitFile: string; systemctl: string[] }

function manager(): Manager {
  if (process.getuid?.() === 0) return { unitFile: path.join('/etc/systemd/system', UNIT), systemctl: [] }
  const config = process.env['XDG_CONFIG_HOME'] || path.join(homedir(), '.config')
  return { unitFile: path.join(config, 'systemd/user', UNIT), systemctl: ['--user'] }
}

export async function install(): Promise<void> {
  // What systemd itself says of a machine that it has booted.
  if (!existsSync('/run/systemd/system')) {
    throw new ServiceError(
      `systemd does not run on this machine. Let whatever starts programs here run, as your user and at every boot: ` +
        `${projectDir}/service.sh start`,
    )
  }
  const { uid } = await stat(projectDir)
  if (uid !== process.getuid?.()) {
    throw new ServiceError(`This checkout belongs to user ${uid}: let that user run ./service.sh install.`)
  }
  const { unitFile, systemctl } = manager()
  await refuseOfAnother(unitFile)
  await mkdir(path.dirname(unitFile), { recursive: true })
  await writeFile(unitFile, unitText({ isSystem: systemctl.length === 0 }))
  await mustRun('Reading the unit', 'systemctl', [...systemctl, 'daemon-reload'])
  await mustRun('Enabling the unit', 'systemctl', [...systemctl, 'enable', UNIT])
  const command = ['systemctl', ...systemctl].join(' ')
  say(`Wrote ${unitFile} and enabled it: from the next boot on everything starts by itself.`)
  if (systemctl.length > 0) {
    say(`It starts when you sign in. To start it at boot: loginctl enable-linger ${userInfo().username}`)
  }
  const first = (await supervisorRuns()) ? './service.sh stop && ' : ''
  say('It goes by .env: what this shell has set has to stand there.')
  say(`To hand it over now: ${first}${command} start bluesky-connect. Use ${command} start and stop from then on.`)
}

export async function uninstall(): Promise<void> {
  const { unitFile, systemctl } = manager()
  if (!existsSync(unitFile)) {
    say(`There is no ${unitFile}: nothing is installed.`)
    return
  }
  await refuseOfAnother(unitFile)
  await mustRun('Disabling the unit', 'systemctl', [...systemctl, 'disable', UNIT])
  await rm(unitFile)
  await mustRun('Forgetting the unit', 'systemctl', [...systemctl, 'daemon-reload'])
  say(`Removed ${unitFile}. What runs goes on; ./service.sh stop ends it.`)
}

async function refuseOfAnother(unitFile: string): Promise<void> {
  const text = await readFile(unitFile, 'utf8').catch(() => '')
  if (text === '' || text.includes(`\nWorkingDirectory=${escaped(projectDir)}\n`)) return
  throw new ServiceError(`${unitFile} belongs to another checkout: run ./service.sh uninstall there first.`)
}

/** The supervisor is the unit's main process: when it is killed, systemd ends what is left and starts all anew. */
export function unitText({ isSystem }: { isSystem: boolean }): string {
  const program = quoted(path.join(projectDir, 'service.sh'))
  const systemDirs = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
  return [
    '[Unit]',
    `Description=bluesky-connect in ${escaped(projectDir)}`,
    'Wants=network-online.target',
    'After=network-online.target',
    '',
    '[Service]',
    'Type=forking',
    `WorkingDirectory=${escaped(projectDir)}`,
    `Environment=${quoted(`PATH=${[path.dirname(process.execPath), ...systemDirs].join(':')}`)}`,
    `Environment=${quoted(`BLUESKY_CONNECT_CACHE=${cacheDir}`)}`,
    `PIDFile=${escaped(path.join(supervisorDir(), 'pm2.pid'))}`,
    `ExecStart=${program} start`,
    `ExecReload=${program} restart`,
    `ExecStop=${program} stop`,
    'Restart=on-failure',
    'RestartSec=5',
    '# The first start may have to bring and build what is missing.',
    'TimeoutStartSec=30min',
    'TimeoutStopSec=2min',
    '',
    '[Install]',
    `WantedBy=${isSystem ? 'multi-user.target' : 'default.target'}`,
    '',
  ].join('\n')
}

const escaped = (text: string) => text.replaceAll('%', '%%')
const quoted = (text: string) => `"${escaped(text).replaceAll(/["\\]/g, String.raw`\$&`)}"`
