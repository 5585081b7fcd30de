// What a process has used so far, as Linux tells it.
import { readFile } from 'node:fs/promises'

/** A clock tick of /proc. */
const TICK_MS = 10

/** Processor time. */
export async function cpuMs(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

export async function residentMb(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

/** What a process has to be started with so that `liveMb` can ask it. */
export const inspectedAt = (port: number) => ({
  NODE_OPTIONS: `--inspect=127.0.0.1:${port} --inspect-publish-uid=http`,
})

/** What is still in use after a collection: what is resident holds garbage too, and goes by how hard the process worked. */
export async function liveMb(port: number): Promise<number> {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as { webSocketDebuggerUrl: string }[]
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '')
  const message = () =>
    new Promise<{ result: { result?: { value: number } } }>((resolve, reject) => {
      socket.addEventListener('message', ({ data }) => resolve(JSON.parse(String(data))), { once: true })
      socket.addEventListener('error', () => reject(new Error('the process does not let itself be looked at')), {
        once: true,
      })
    })
  const ask = (method: string, params: object = {}) => {
    socket.send(JSON.stringify({ id: 1, method, params }))
    return message()
  }
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
  await ask('HeapProfiler.collectGarbage')
  const expression = 'process.memoryUsage().heapUsed + process.memoryUsage().external'
  const { result } = await ask('Runtime.evaluate', { expression })
  socket.close()
  return (result.result?.value ?? NaN) / 1024 ** 2
}
