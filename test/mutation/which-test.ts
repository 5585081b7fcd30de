// Says which test file runs, to whatever notes what it enters.
import { writeFileSync } from 'node:fs'
import { expect } from 'vitest'

const { testPath = '' } = expect.getState()
const notes = process.env['MUTATION_NOTES']
process.env['MUTATION_TEST'] = testPath
if (notes) writeFileSync(`${notes}.${process.pid}`, testPath)
