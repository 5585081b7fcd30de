// What the gate has to know of a step that goes to a server.
import type { JobName } from '../../src/jobs.ts'

export interface Visit {
  job: JobName
  origin: string
  /** another server, that is asked on the way to renew the session */
  refreshesAt?: string
  /** that most sign-ins go to, by the setting and not by what an account says of itself */
  serviceUrl: string
  userId: string
  /** its DID, or what the user gave as long as nobody has signed in */
  identity: string
  /** the user was signed in as that identity before */
  isOwner: boolean
}
