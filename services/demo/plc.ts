// A PLC directory whose identities can be kept in a file.
import { appendFile, readFile } from 'node:fs/promises'
import { Database, PlcServer } from '@did-plc/server'

type PlcDatabase = ReturnType<typeof Database.mock>
type PlcOperation = Parameters<PlcDatabase['validateAndAddOp']>[1]

// The directory's own storage is PostgreSQL or memory: the operations are public, signed and few, so replaying them is storage enough.
const openOperations = async (file: string | undefined): Promise<PlcDatabase> => {
  const database = Database.mock()
  if (!file) return database
  const lines = (await readFile(file, { encoding: 'utf8', flag: 'a+' })).split('\n').slice(0, -1)
  for (const line of lines) {
    const { did, operation } = JSON.parse(line) as { did: string; operation: PlcOperation }
    await database.validateAndAddOp(did, operation)
  }
  const add = database.validateAndAddOp.bind(database)
  database.validateAndAddOp = async (did, operation) => {
    await add(did, operation)
    await appendFile(file, `${JSON.stringify({ did, operation })}\n`)
  }
  return database
}

/** The request handler of a PLC directory; with a file, its identities outlive the process. */
export const createPlc = async (operationsFile?: string) => {
  const database = await openOperations(operationsFile)
  return PlcServer.create({ db: database }).app
}
