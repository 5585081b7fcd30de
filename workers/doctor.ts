// `node workers/doctor.ts [--json]`: looks at all that a worker stands on, says what to do, and exits with 1 where something failed.
import { loadEnvironment } from '../src/environment.ts'
import { examinationLines, healthOfAll } from '../src/examination.ts'
import { commit, version } from '../src/version.ts'
import { examineAll } from './doctor/examine.ts'

const EX_USAGE = 64

const [option, ...more] = process.argv.slice(2)
if ((option !== undefined && option !== '--json') || more.length > 0) {
  process.stderr.write('node workers/doctor.ts takes --json or nothing.\n')
  process.exit(EX_USAGE)
}
const examinations = await examineAll(loadEnvironment('worker'))
const health = healthOfAll(examinations)
const text =
  option === '--json'
    ? JSON.stringify({ version, commit, at: new Date(), health, examinations })
    : `bluesky-connect ${version} (${commit})\n\n${examinationLines(examinations)}`
// A connection that hangs must not keep the process.
process.stdout.write(`${text}\n`, () => process.exit(health === 'failed' ? 1 : 0))
