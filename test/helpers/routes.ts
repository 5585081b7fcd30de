// Every route of the program as its router has it, and those of the accounts library, for tests that leave none out.
import type { Express, Router } from 'express'
import type { Auth } from '../../src/auth.ts'

export interface Route {
  method: string
  /** with the names of its parameters, such as :id */
  path: string
  /** of the body and of the query, where the accounts library has it; it checks them by itself */
  fields: string[]
}

type Layer = Router['stack'][number]

export function listRoutes(app: Express, auth: Auth): Route[] {
  const library = Object.values(auth.api as unknown as Record<string, Endpoint>).flatMap(({ path, options }) =>
    path && !options.metadata?.SERVER_ONLY
      ? [options.method].flat().map((method) => ({
          method,
          path: `/api/auth${path}`,
          fields: [...new Set([...fieldsOf(options.body), ...fieldsOf(options.query)])],
        }))
      : [],
  )
  return [...app.router.stack.flatMap((layer) => routesOf(layer, '')), ...library]
}

interface Endpoint {
  path?: string
  options: { method: string | string[]; body?: Shape; query?: Shape; metadata?: { SERVER_ONLY?: boolean } }
}

/** As much as is asked of a zod shape. */
interface Shape {
  shape?: Record<string, unknown>
  def?: { innerType?: Shape; left?: Shape; right?: Shape; options?: Shape[] }
}

function fieldsOf(shape?: Shape): string[] {
  if (!shape) return []
  const { innerType, left, right, options = [] } = shape.def ?? {}
  return [...Object.keys(shape.shape ?? {}), ...[innerType, left, right, ...options].flatMap(fieldsOf)]
}

function routesOf(layer: Layer, prefix: string): Route[] {
  const { route } = layer
  if (route) {
    // The accounts library, whose routes it tells by itself.
    if (route.path === '/api/auth/*path') return []
    const { methods } = route as unknown as { methods: Record<string, boolean> }
    return [route.path]
      .flat()
      .flatMap((path: string) =>
        Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path: `${prefix}${path}`, fields: [] })),
      )
  }
  const { stack = [] } = layer.handle as { stack?: Layer[] }
  return stack.flatMap((inner) => routesOf(inner, `${prefix}${mountOf(layer)}`))
}

/** Where a router hangs, which a layer tells of a path that it takes. */
function mountOf(layer: Layer): string {
  const { match } = layer as unknown as { match(path: string): { path: string } | false }
  const found = match.call(layer, '/api/anything')
  return found ? found.path : ''
}
