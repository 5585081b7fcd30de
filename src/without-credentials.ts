// Shows the address of a store to people and logs.

/** A URL without what lets somebody in: whatever stands before the last @ may be a part of it, however badly it was written. */
export function withoutCredentials(url: string): string {
  // The path of a socket.
  if (url.startsWith('/')) return url.split('?')[0] ?? ''
  const [, scheme = '', rest = ''] = /^([a-z][a-z+]*:\/\/)(.+)$/i.exec(url) ?? []
  const place = rest.slice(rest.lastIndexOf('@') + 1).split(/[?#]/)[0]
  return place ? scheme + place : '(not shown)'
}
