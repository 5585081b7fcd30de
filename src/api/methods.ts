// Answers 405 with Allow where an address takes other methods than the one that was sent.
import type { RequestHandler } from 'express'
import { AppError } from '../errors.ts'
import { operations } from './openapi/document.ts'

interface Address {
  pattern: RegExp
  methods: string[]
}

const paths = Map.groupBy(Object.keys(operations), (name) => name.split(' ')[1] ?? '')

/** Those without parameters come first: one of them may look like another with an id. */
const addresses: Address[] = [...paths]
  .sort(([one], [other]) => Number(one.includes('{')) - Number(other.includes('{')))
  .map(([path, names]) => {
    const methods = names.map((name) => name.split(' ')[0]?.toUpperCase() ?? '')
    return {
      pattern: new RegExp(`^${path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      // Express answers these by itself.
      methods: methods.includes('GET') ? [...methods, 'HEAD', 'OPTIONS'] : [...methods, 'OPTIONS'],
    }
  })

/** @throws AppError method_not_allowed */
export const listedMethodsOnly: RequestHandler = (request, _response, next) => {
  const address = addresses.find(({ pattern }) => pattern.test(request.path))
  if (address && !address.methods.includes(request.method)) {
    const allow = address.methods.join(', ')
    throw new AppError('method_not_allowed', `This address takes ${allow}.`, { allow })
  }
  next()
}
