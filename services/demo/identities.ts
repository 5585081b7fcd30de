// Changes what the PLC directory says of a demo account, as its owner can without asking the PDS.
import { createHmac } from 'node:crypto'
import { Secp256k1Keypair } from '@atproto/crypto'
import type { Credentials } from './accounts.ts'
import type { PdsNetwork } from './pds.ts'

// As with the main passwords: whoever has the key of the PDS can work it out again.
const recoveryKey = (pds: Pick<PdsNetwork, 'adminPassword'>) =>
  Secp256k1Keypair.import(createHmac('sha256', pds.adminPassword).update('recovery key').digest('hex'))

/** The key of the owner's own that every identity of the demo begins with. */
export const recoveryDid = async (pds: Pick<PdsNetwork, 'adminPassword'>): Promise<string> =>
  (await recoveryKey(pds)).did()

/** Makes the identity name another server or none; the PDS is not told. */
export const nameInDirectory = async (
  pds: Pick<PdsNetwork, 'adminPassword' | 'plcUrl'>,
  did: string,
  pdsUrl: string | undefined,
): Promise<void> => {
  const { Client } = await import('@did-plc/lib')
  const client = new Client(pds.plcUrl)
  const { services } = await client.getDocumentData(did)
  const key = await recoveryKey(pds)
  if (services['atproto_pds']?.endpoint === pdsUrl) return
  if (pdsUrl === undefined) await client.updateData(did, key, (last) => ({ ...last, services: {} }))
  else await client.updatePds(did, key, pdsUrl)
}

/** Makes the identity say what the server wants that the account moves to; its owner's key stays the first. */
export const handOver = async (
  pds: Pick<PdsNetwork, 'adminPassword' | 'plcUrl'>,
  did: string,
  { rotationKeys, verificationMethods, services }: Credentials,
): Promise<void> => {
  const { Client } = await import('@did-plc/lib')
  const key = await recoveryKey(pds)
  await new Client(pds.plcUrl).updateData(did, key, (last) => ({
    ...last,
    rotationKeys: [key.did(), ...rotationKeys],
    verificationMethods,
    services,
  }))
}
