// The program for the keys that seal: what each still opens, sealing all anew with the newest, forgetting one.
import { parseArgs } from 'node:util'
import { ConfigError, readWorkerConfig } from '../src/config.ts'
import { openDb } from '../src/db/open.ts'
import { sealedPlaces } from '../src/db/sealed-values.ts'
import { listSealingKeys, retireSealingKeys } from '../src/db/sealing-keys.ts'
import { loadEnvironment } from '../src/environment.ts'
import { createSeal } from '../src/seal.ts'
import { withoutCredentials } from '../src/without-credentials.ts'
import { findKeyProblems } from './check-keys.ts'
import { countSealed, type KeyCount } from './count-sealed.ts'
import { resealAll } from './reseal.ts'
import { createUnseal } from './unseal.ts'

const USAGE = `node workers/keys.ts check [--json]          what each key still opens, and what none here does
node workers/keys.ts rotate [--rate N]       seals anew what another key than SEALING_KEY sealed, N values a second (200)
node workers/keys.ts forget ID [--lost]      takes a key off the record that nothing needs, or that is lost`
const EX_USAGE = 64
const EX_CONFIG = 78

interface Options {
  json: boolean
  lost: boolean
  rate: number
  id: string
}

const say = (text: string) => process.stdout.write(`${text}\n`)

async function check(context: Opened, { json }: Options): Promise<number> {
  const { db, config } = context
  const keys = await countSealed(db, createUnseal(config.unsealingKeys))
  const known = await listSealingKeys(db)
  const problems = await findKeyProblems(known, config)
  const rows = [
    ...new Set([...known.map(({ _id }) => _id), ...config.unsealingKeys.map(({ id }) => id), ...keys.keys()]),
  ]
  const told = rows.map((id) => {
    const record = known.find(({ _id }) => _id === id)
    const counts = keys.get(id)
    return {
      id,
      seals: id === config.sealingKey.id,
      here: config.unsealingKeys.some((key) => key.id === id),
      onRecord: record !== undefined,
      retired: Boolean(record?.retiredAt),
      opens: Object.fromEntries(sealedPlaces.map((place) => [place, counts?.opens.get(place) ?? 0])),
      closed: Object.fromEntries(sealedPlaces.map((place) => [place, counts?.closed.get(place) ?? 0])),
    }
  })
  const closed = sum(keys.values(), ({ closed }) => closed)
  if (json) {
    say(JSON.stringify({ ok: closed === 0 && problems.length === 0, closed, problems, keys: told }))
  } else {
    for (const row of told) {
      const notes = [
        row.seals && 'seals',
        !row.here && 'not here',
        row.retired && 'retired',
        !row.onRecord && 'not on record',
      ]
      say(`${row.id} (${notes.filter(Boolean).join(', ') || 'opens'})`)
      for (const place of sealedPlaces) {
        const lost = row.closed[place] ? `, does not open ${row.closed[place]}` : ''
        if (row.opens[place] || lost) say(`  ${place.padEnd(26)} opens ${row.opens[place]}${lost}`)
      }
    }
    for (const problem of problems) say(problem)
    say(closed === 0 ? 'Everything that is sealed opens.' : `${closed} sealed values are opened by no key here.`)
  }
  return closed === 0 && problems.length === 0 ? 0 : 1
}

async function rotate({ db, config }: Opened, { rate }: Options): Promise<number> {
  const { sealingKey } = config
  const problems = await findKeyProblems(await listSealingKeys(db), config)
  if (problems.length > 0) throw new ConfigError(`The keys do not fit what is stored:\n  ${problems.join('\n  ')}`)
  const seal = createSeal(sealingKey)
  const unseal = createUnseal(config.unsealingKeys)
  const { resealed, closed, isOver } = await resealAll({ db, seal, unseal, keyId: sealingKey.id, rate, tell: say })
  say(`Sealed anew with "${sealingKey.id}": ${resealed}.`)
  if (closed.size > 0) say(`No key here opens ${[...closed].map(([id, count]) => `${count} of "${id}"`).join(', ')}.`)
  if (!isOver) {
    say(
      `Something goes on sealing with an older key: restart every process with SEALING_KEY "${sealingKey.id}", then run this again.`,
    )
    return 1
  }
  const others = (await listSealingKeys(db)).filter(({ _id, retiredAt }) => _id !== sealingKey.id && !retiredAt)
  const over = others.map(({ _id }) => _id).filter((id) => !closed.has(id))
  await retireSealingKeys(db, over, new Date())
  const old = config.unsealingKeys.map(({ id }) => id).filter((id) => id !== sealingKey.id && !closed.has(id))
  if (old.length > 0) {
    say(
      `Nothing that is stored needs ${old.map((id) => `"${id}"`).join(', ')} any more: it may go from UNSEALING_KEYS ` +
        'as soon as every process runs with the new SEALING_KEY. Keep it with the backups from before.',
    )
  }
  return closed.size > 0 ? 1 : 0
}

async function forget({ db, config }: Opened, { id, lost }: Options): Promise<number> {
  if (id === config.sealingKey.id) throw new ConfigError(`"${id}" is the key of SEALING_KEY: it is in use.`)
  const keys = await countSealed(db, createUnseal(config.unsealingKeys))
  const counts = keys.get(id)
  const needed = counts ? sum([counts], ({ opens }) => opens) + sum([counts], ({ closed }) => closed) : 0
  if (needed > 0 && !lost) {
    say(
      `The key "${id}" sealed ${needed} values that are stored. Where it is here, node workers/keys.ts rotate seals them anew; ` +
        `where it is lost, so are they, and their owners have to connect again: node workers/keys.ts forget ${id} --lost`,
    )
    return 1
  }
  const { matchedCount } = await retireSealingKeys(db, [id], new Date())
  say(matchedCount === 1 ? `The key "${id}" is off the record.` : `There is no key "${id}" on record that is in use.`)
  return 0
}

const sum = (counts: Iterable<KeyCount>, of: (count: KeyCount) => Map<unknown, number>): number =>
  [...counts].flatMap((count) => [...of(count).values()]).reduce((all, one) => all + one, 0)

type Opened = Awaited<ReturnType<typeof open>>

async function open() {
  const config = readWorkerConfig(loadEnvironment('worker'))
  const db = await openDb(config.mongo.url).catch((error: Error) => {
    throw new Error(`MongoDB at ${withoutCredentials(config.mongo.url)} does not answer: ${error.name}`)
  })
  return { config, db }
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, lost: { type: 'boolean' }, rate: { type: 'string' } },
  })
  const [name = '', id = '', ...more] = positionals
  const command = { check, rotate, forget }[name]
  const rate = Number(values.rate ?? 200)
  const isWrong = !command || more.length > 0 || (id !== '') !== (command === forget) || !(rate >= 1)
  if (isWrong) throw new Error('there is no such command')
  return { command, options: { json: values.json ?? false, lost: values.lost ?? false, rate, id } }
}

async function main(): Promise<number> {
  let given: ReturnType<typeof readArguments>
  try {
    given = readArguments()
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`)
    return EX_USAGE
  }
  try {
    const opened = await open()
    try {
      return await given.command(opened, given.options)
    } finally {
      await opened.db.connection.close()
    }
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    return error instanceof ConfigError ? EX_CONFIG : 1
  }
}

process.exitCode = await main()
