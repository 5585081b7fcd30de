// What a lock file says of the packages: their hashes and their licences.

type Locked = {
  version?: string
  license?: unknown
  integrity?: string
  dev?: boolean
  link?: boolean
  inBundle?: boolean
}
export type Lock = { packages: Record<string, Locked> }
type Licensed = { name: string; licence: string; isAllowed: boolean }

const fetched = ({ packages }: Lock) => Object.entries(packages).filter(([where, { link }]) => where && !link)

/** The packages that npm would take whatever is in them. */
export function withoutIntegrity(lock: Lock): string[] {
  return fetched(lock)
    .filter(([, { integrity, inBundle }]) => !inBundle && !integrity?.startsWith('sha512-'))
    .map(([where]) => where)
}

/** Licences that ask for no more than to be named, or leave what only stands beside the program alone. */
const ALLOWED = new Set(
  '0BSD Apache-2.0 BlueOak-1.0.0 BSD-2-Clause BSD-3-Clause CC0-1.0 ISC MIT MIT-0 MPL-2.0 Python-2.0 Unlicense'.split(
    ' ',
  ),
)

/** Packages that were looked at one by one: by name, what is known of them. */
const KNOWN: Record<string, string> = {
  '@pm2/js-api': 'Apache-2.0, which it spells Apache-2',
  buildcheck: 'MIT, in an old field',
  'cli-tableau': 'MIT, in a field of its own spelling',
  'cpu-features': 'MIT, in an old field',
  pm2: 'AGPL-3.0: run as a program of its own, imported nowhere and not in the image',
  ssh2: 'MIT, in an old field',
  tv4: 'public domain or MIT, in an old form',
}

/** Every package with its licence, and whether it is one that may be used. */
export function licences(lock: Lock): Licensed[] {
  return fetched(lock).map(([where, { version, license, dev }]) => {
    const name = where.replace(/^.*node_modules\//, '')
    const licence = typeof license === 'string' ? license : 'none named'
    // What is known of a package holds for tools alone: nothing of them is shipped.
    const isAllowed = isAllowedExpression(licence) || (dev === true && name in KNOWN)
    return { name: `${name}@${version}`, licence, isAllowed }
  })
}

function isAllowedExpression(licence: string): boolean {
  const choices = licence.replaceAll(/[()]/g, '').split(' OR ')
  return choices.some((choice) => choice.split(' AND ').every((one) => ALLOWED.has(one)))
}
