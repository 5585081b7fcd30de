// `npm run licences`: how many packages have which licence, and an error for one that nobody has allowed.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { projectDir } from '../paths.ts'
import { say } from '../say.ts'
import { licences, type Lock } from './lock-file.ts'

const found = licences(JSON.parse(await readFile(path.join(projectDir, 'package-lock.json'), 'utf8')) as Lock)
const byLicence = Object.entries(Object.groupBy(found, ({ licence }) => licence))
for (const [licence, packages = []] of byLicence.toSorted(([, a = []], [, b = []]) => b.length - a.length)) {
  say(`${String(packages.length).padStart(5)}  ${licence}`)
}
const refused = found.filter(({ isAllowed }) => !isAllowed)
for (const { name, licence } of refused) say(`${name} has a licence that nobody has allowed: ${licence}`)
process.exitCode = refused.length > 0 ? 1 : 0
