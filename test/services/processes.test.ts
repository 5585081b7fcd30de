// What a killed supervisor or a reboot leaves behind is told from what is running, with `ps` or without; logs are turned over.
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { checkApiPort, leaveTakenPort } from '../../services/cli/beforehand.ts'
import { checkConfig } from '../../services/cli/check-config.ts'
import { unitText } from '../../services/cli/install.ts'
import { withSecrets, readSettings } from '../../services/cli/settings.ts'
import { isVersionGone } from '../../services/bring/debian.ts'
import { projectDir, servicesEnvFile } from '../../services/paths.ts'
import { portProblem } from '../../services/processes/ports.ts'
import { commandLine, isAlive, startOf } from '../../services/processes/process-table.ts'
import { isOurs } from '../../services/processes/supervisor.ts'
import { turnLogs } from '../../services/processes/turn-logs.ts'
import { refuseOtherMajor } from '../../services/stores/postgres.ts'
import { parseEnv } from 'node:util'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'processes-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('a process is known by its command line and its beginning, also where there is no ps', () => {
  const before = process.env['PATH']
  process.env['PATH'] = dir
  onTestFinished(() => void (process.env['PATH'] = before))
  expect(isAlive(process.pid)).toBe(true)
  expect(commandLine(process.pid)).toContain('node')
  expect(startOf(process.pid)).not.toBe('')
  const gone = spawnSync(process.execPath, ['-e', '0']).pid
  expect([isAlive(gone), commandLine(gone), startOf(gone)]).toEqual([false, '', ''])
})

test('two processes that began at different times are told apart', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
  onTestFinished(() => void child.kill('SIGKILL'))
  expect(startOf(child.pid ?? 0)).not.toBe(startOf(process.pid))
})

test('only programs of this checkout are ours', () => {
  expect(isOurs(`node --env-file-if-exists=${servicesEnvFile} src/main.ts`)).toBe(true)
  expect(isOurs(`node ${projectDir}/services/stores/run-mongo.ts`)).toBe(true)
  expect(isOurs(`node --env-file-if-exists=/elsewhere/.runtime/services.env src/main.ts`)).toBe(false)
  expect(isOurs(`node ${projectDir}-2/services/stores/run-mongo.ts`)).toBe(false)
  expect(isOurs('sleep 600')).toBe(false)
})

test('a long log is put aside whole, the program goes on writing to the emptied one, and five are kept', () => {
  const file = path.join(dir, 'api.log')
  const open = openSync(file, 'a')
  for (let turn = 0; turn < 7; turn++) {
    writeSync(open, `${turn} ${'x'.repeat(100)}\n`)
    turnLogs([dir, path.join(dir, 'missing')], 50)
    expect(statSync(file).size).toBe(0)
  }
  writeSync(open, 'short\n')
  closeSync(open)
  turnLogs([dir], 50)
  expect(readFileSync(file, 'utf8')).toBe('short\n')
  const kept = [1, 2, 3, 4, 5].map((age) => readFileSync(`${file}.${age}`, 'utf8').slice(0, 2))
  expect(kept).toEqual(['6 ', '5 ', '4 ', '3 ', '2 '])
  expect(() => statSync(`${file}.6`)).toThrow('ENOENT')
  expect(statSync(`${file}.1`).mode & 0o777).toBe(0o600)
})

test('a port that is taken is told from one that needs privileges', async () => {
  const server = createServer().listen(0)
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  expect(await portProblem(port)).toBe('EADDRINUSE')
  const settings = { ...readSettings(), port }
  await expect(checkApiPort(settings)).rejects.toThrow(`Port ${port} is in use by another program`)
})

test('the demo takes the next free port where its own is taken, unless somebody chose that one', async () => {
  const server = createServer().listen(0)
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('PORT', '')
  const base = { port, get: (name: string) => (name === 'BASE_URL' ? 'https://connect.example.com' : undefined) }
  await expect(leaveTakenPort(base)).rejects.toThrow(/is in use.*PORT=\d+ \.\/service\.sh demo/s)
  const said: unknown[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(text) > 0)
  onTestFinished(() => void vi.restoreAllMocks())
  await leaveTakenPort({ port, get: () => undefined })
  const taken = Number(process.env['PORT'])
  expect(taken).toBeGreaterThan(port)
  expect(await portProblem(taken)).toBeUndefined()
  expect(said.join('')).toBe(`Port ${port} is in use by another program: the demo takes ${taken}.\n`)
  vi.stubEnv('PORT', String(port))
  await expect(leaveTakenPort({ port, get: () => undefined })).rejects.toThrow('is in use')
})

test('mistakes of the API and of workers are told together, each once, before anything is touched', () => {
  const env = { MONGODB_URL: 'mongodb://x/y', REDIS_URL: 'redis://x', ...parseEnv(withSecrets('', {}).text) }
  expect(() => checkConfig(['api', 'connect', 'verify', 'check'], env)).not.toThrow()
  const wrong = { ...env, CHANNELS_IN_FLIGHT: 'many', WORKER_CONCURRENCY: '0' }
  expect(() => checkConfig(['api', 'connect', 'verify'], wrong)).toThrow(
    /mistakes:\n(?=[^]*WORKER_CONCURRENCY)  CHANNELS_IN_FLIGHT[^]*Nothing was started or stopped/,
  )
})

test('the unit starts and stops this checkout, and takes the supervisor for its main process', () => {
  const text = unitText({ isSystem: true })
  expect(text).toContain(`ExecStart="${projectDir}/service.sh" start\n`)
  expect(text).toMatch(/\nType=forking\n[^]*\nPIDFile=\/\S+\/pm2\.pid\n[^]*\nRestart=on-failure\n/)
  expect(text).toContain('WantedBy=multi-user.target')
  expect(unitText({ isSystem: false })).toContain('WantedBy=default.target')
})

test('a version that left the mirror is told from a package that never was there', () => {
  expect(isVersionGone("Reading…\nE: Version '18.1-3' for 'postgresql-18' was not found\n")).toBe(true)
  expect(isVersionGone('E: Unable to locate package postgresql-18\n')).toBe(false)
})

test('data of another PostgreSQL are refused with what to do', async () => {
  writeFileSync(path.join(dir, 'PG_VERSION'), '17\n')
  await expect(refuseOtherMajor(dir)).rejects.toThrow(
    /made by PostgreSQL 17, and PostgreSQL 18 is here.*docs\/backup\.md/,
  )
  writeFileSync(path.join(dir, 'PG_VERSION'), '18\n')
  await refuseOtherMajor(dir)
})
