// The ports of this checkout: chosen once, kept as long as nobody else takes them.
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runtimeDir } from '../paths.ts'
import { freePortRow } from './ports.ts'
import { MOST_INSTANCES, type Ports } from './programs.ts'

const portsFile = path.join(runtimeDir, 'ports.json')

export async function savedPorts(): Promise<Partial<Ports>> {
  const text = await readFile(portsFile, 'utf8').catch(() => '{}')
  return JSON.parse(text) as Partial<Ports>
}

/** @param running names of programs that listen on their ports already */
export async function choosePorts(running: Set<string>, publicPort: number): Promise<Ports> {
  const saved = await savedPorts()
  const row = async (name: 'api' | 'connect' | 'verify' | 'check') =>
    (running.has(name) && saved[name]) || freePortRow(saved[name], MOST_INSTANCES)
  const ports: Ports = {
    public: publicPort,
    api: await row('api'),
    connect: await row('connect'),
    verify: await row('verify'),
    check: await row('check'),
  }
  await writeFile(portsFile, JSON.stringify(ports))
  return ports
}
