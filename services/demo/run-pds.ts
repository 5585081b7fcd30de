// Runs the demo PDS network, and the demo's mailbox with it, in the foreground, for a supervisor or for a test run.
import { rm } from 'node:fs/promises'
import { startMailbox } from './mailbox.ts'
import { startPds } from './pds.ts'
import { writePrivateFile } from '../private-file.ts'

const { PLC_PORT, PDS_PORT, OTHER_PDS_PORT, DATA_DIR, RUNTIME_FILE, EXIT_WITH_PARENT, DEMO_FRONT } = process.env
const stopDeadlineMs = 10_000

const isDemo = DEMO_FRONT === '1'
const { stop: stopPds, ...servers } = await startPds({
  plcPort: Number(PLC_PORT || 0),
  pdsPort: Number(PDS_PORT || 0),
  otherPdsPort: Number(OTHER_PDS_PORT || 0),
  front: isDemo,
  ...(DATA_DIR ? { dataDir: DATA_DIR } : {}),
})
const { stop: stopMailbox, ...mailbox } = isDemo ? await startMailbox(DATA_DIR) : {}
const network = { ...servers, ...(isDemo ? { mailbox } : {}) }

let stopping = false
const shutDown = async () => {
  if (stopping) return
  stopping = true
  setTimeout(() => process.exit(1), stopDeadlineMs).unref()
  if (RUNTIME_FILE) await rm(RUNTIME_FILE, { force: true })
  await Promise.all([stopPds(), stopMailbox?.()])
  process.exit(0)
}
process.on('SIGTERM', shutDown)
process.on('SIGINT', shutDown)
// Whoever holds the other end of stdin may be killed without a chance to say so.
if (EXIT_WITH_PARENT === '1') process.stdin.once('close', shutDown).resume()

const { adminPassword, ...urls } = network
if (RUNTIME_FILE) await writePrivateFile(RUNTIME_FILE, JSON.stringify(network))
// A supervisor keeps stdout in a log, so the password goes there only if there is no other way to hand it over.
console.log(JSON.stringify(RUNTIME_FILE ? urls : { ...urls, adminPassword }))
