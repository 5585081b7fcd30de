// Makes the mutants of a source file: small changes, each of which a test should notice.
import { parseSync, Visitor, type ESTree } from 'vite'

export interface Mutant {
  file: string
  line: number
  start: number
  end: number
  original: string
  mutated: string
  /** where the innermost body begins that the change lies in; 0 outside of every body */
  body: number
}

/** The bodies of functions, branches and loops; a test that enters one may notice what changed in it. */
interface Body {
  start: number
  end: number
  /** of an arrow function, without a block */
  expression: boolean
}

interface Range {
  start: number
  end: number
}

const opposite: Record<string, string> = {
  '===': '!==',
  '!==': '===',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '&&': '||',
  '||': '&&',
  some: 'every',
  every: 'some',
  min: 'max',
  max: 'min',
}

const within = (inner: Range, outer: Range) => inner.start >= outer.start && inner.end <= outer.end

/** @param mayDropProperties of every object: where objects are what is written to the database or asked of it */
export function mutantsOf(
  file: string,
  source: string,
  mayDropProperties: boolean,
): { mutants: Mutant[]; bodies: Body[] } {
  const mutants: Mutant[] = []
  const bodies: Body[] = []
  /** Nothing is changed in here: types, imports, schemas and what is logged decide nothing. */
  const left: Range[] = []
  const words: Range[] = []
  const operators: Range[] = []

  const text = ({ start, end }: Range) => source.slice(start, end)
  const change = ({ start, end }: Range, mutated: string) =>
    mutants.push({
      file,
      line: source.slice(0, start).split('\n').length,
      start,
      end,
      original: source.slice(start, end),
      mutated,
      body: 0,
    })
  const negate = (test: Range) => change(test, `!(${text(test)})`)
  /** An operator or a name that stands behind `from`. */
  const swap = (node: Range, word: string, from: Range) => {
    const at = source.indexOf(word, from.end)
    const mutated = opposite[word]
    if (mutated) change(node, source.slice(node.start, at) + mutated + source.slice(at + word.length, node.end))
  }
  const swapOperator = (node: ESTree.BinaryExpression | ESTree.LogicalExpression) => {
    const { operator, left, right } = node
    const joinsText = operator === '+' && [left, right].some((side) => /^['`"]/.test(text(side)))
    if (!joinsText) swap(node, operator, left)
  }
  const enter = ({ type, start, end }: ESTree.FunctionBody | ESTree.BlockStatement | ESTree.Expression) =>
    void bodies.push({ start, end, expression: type !== 'BlockStatement' })
  const enterFunction = ({ body }: { body: ESTree.FunctionBody | ESTree.Expression | null }) => {
    if (!body) return
    if (body.type !== 'BlockStatement') return enter(body)
    if (body.body.length > 0) change({ start: body.start + 1, end: body.start + 1 }, ' return;')
  }
  const drop = (property: Range) => {
    // The comma goes along.
    const comma = /^\s*,/.exec(source.slice(property.end))
    change({ start: property.start, end: property.end + (comma?.[0].length ?? 0) }, '')
  }

  new Visitor({
    ImportDeclaration: (node) => void left.push(node),
    ExportNamedDeclaration: ({ source }) => void (source && left.push(source)),
    TSTypeAnnotation: (node) => void left.push(node),
    TSTypeParameterInstantiation: (node) => void left.push(node),
    TSTypeAliasDeclaration: (node) => void left.push(node),
    TSInterfaceDeclaration: (node) => void left.push(node),
    TSAsExpression: ({ typeAnnotation }) => void left.push(typeAnnotation),
    TSSatisfiesExpression: ({ typeAnnotation }) => void left.push(typeAnnotation),
    NewExpression: (node) => void (text(node.callee) === 'Schema' && left.push(node)),
    ThrowStatement: (node) => void words.push(node),

    FunctionDeclaration: enterFunction,
    FunctionExpression: enterFunction,
    ArrowFunctionExpression: enterFunction,
    BlockStatement: enter,

    IfStatement: ({ test }) => void negate(test),
    ConditionalExpression: ({ test }) => void negate(test),
    WhileStatement: ({ test }) => void negate(test),
    BinaryExpression: swapOperator,
    LogicalExpression(node) {
      if (node.operator === '??') change(node, text(node.left))
      else swapOperator(node)
    },
    ExpressionStatement(node) {
      const { expression } = node
      const { type } = expression
      if (type === 'AwaitExpression' || type === 'CallExpression' || type === 'AssignmentExpression') change(node, ';')
    },
    CallExpression(node) {
      const { callee } = node
      const name = text(callee)
      if (/\blog(ger)?\b/.test(name)) left.push(node)
      if (callee.type === 'MemberExpression') swap(callee, text(callee.property), callee.object)
    },
    ObjectExpression({ properties }) {
      for (const property of properties) {
        const isOperator = property.type === 'Property' && /^['"]?\$/.test(text(property.key))
        if (isOperator) operators.push(property)
        const writes = mayDropProperties || isOperator || operators.some((operator) => within(property, operator))
        if (writes || property.type === 'SpreadElement') drop(property)
        if (property.type === 'Property' && property.key.type === 'Literal') left.push(property.key)
      }
    },
    Literal(node) {
      const { value } = node
      if (typeof value === 'boolean') change(node, String(!value))
      if (text(node) === 'null') change(node, 'true')
      if (typeof value === 'number') change(node, value > 1 ? String(value * 10) : String(1 - value))
      if (typeof value === 'string' && value !== '') change(node, "''")
    },
    TemplateLiteral: (node) => void change(node, "''"),
  }).visit(parseSync(file, source).program)

  bodies.sort((a, b) => a.start - b.start || b.end - a.end)
  const innermost = (mutant: Mutant) => bodies.findLast((body) => within(mutant, body))?.start ?? 0
  const kept = mutants
    .filter((mutant) => !left.some((range) => within(mutant, range)))
    .filter(({ mutated, ...mutant }) => mutated !== "''" || !words.some((range) => within(mutant, range)))
    .toSorted((a, b) => a.start - b.start || a.end - b.end)
  return { mutants: kept.map((mutant) => ({ ...mutant, body: innermost(mutant) })), bodies }
}

/**
 * The same program, which besides notes each body that a test enters.
 * @param notes a file; that of a test which starts processes with an environment of their own is beside it, by process id
 */
export function withNotes(file: string, source: string, bodies: Body[], notes: string): string {
  const note = ({ start }: Body) => `noteBody(${start})`
  const inserts = bodies.flatMap((body) =>
    body.expression
      ? [
          { at: body.start, words: `(${note(body)}, ` },
          { at: body.end, words: ')' },
        ]
      : [{ at: body.start + 1, words: `${note(body)};` }],
  )
  let noted = source
  for (const { at, words } of inserts.toSorted((a, b) => b.at - a.at))
    noted = noted.slice(0, at) + words + noted.slice(at)
  return `${noted}
import { appendFileSync as appendNote, readFileSync as readNote } from 'node:fs'
function noteBody(start) {
  process.env.MUTATION_TEST ??= readNote(${JSON.stringify(notes)} + '.' + process.ppid, 'utf8')
  const note = [process.env.MUTATION_TEST, ${JSON.stringify(file)}, start].join('\\t')
  const noted = (globalThis.notedBodies ??= new Set())
  if (noted.has(note)) return
  noted.add(note)
  appendNote(${JSON.stringify(notes)}, note + '\\n')
}
`
}

/** How a mutant is shown, and named in the list of those that change nothing. */
export function show({ original, mutated }: Mutant): string {
  const short = (words: string) => {
    const line = words.replace(/\s+/g, ' ').trim()
    return line.length > 80 ? `${line.slice(0, 60)} … ${line.slice(-17)}` : line
  }
  return `${short(original) || '(nothing)'} → ${short(mutated) || '(nothing)'}`
}

export const apply = (source: string, { start, end, mutated }: Mutant): string =>
  source.slice(0, start) + mutated + source.slice(end)
