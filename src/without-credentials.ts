// Shows the address of a store to people and logs.

/** A URL without what lets somebody in. */
export function withoutCredentials(url: string): string {
  // The path of a socket.
  if (url.startsWith('/')) return url.split('?')[0] ?? ''
  const parsed = URL.parse(url)
  if (!parsed?.host) return '(not shown)'
  parsed.username = ''
  parsed.password = ''
  parsed.search = ''
  parsed.hash = ''
  return parsed.href
}
