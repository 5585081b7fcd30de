// Reads a Service URL as people write it and says in words what is wrong with it.

export type ServiceUrl = { origin: string } | { problem: string }

/**
 * An AT Protocol server is named by its origin alone. A trailing slash is removed; anything more than an origin is
 * refused rather than cut off, because it shows that something else was meant.
 * @param takesHttp plain http, for people who run their server on a private network
 */
export function parseServiceUrl(text: string, { takesHttp }: { takesHttp: (url: URL) => boolean }): ServiceUrl {
  const trimmed = text.trim()
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) {
    return { problem: 'must be a full address that starts with https://, for example https://pds.example.com' }
  }
  const url = URL.parse(trimmed)
  if (!url || !/[^.]/.test(url.hostname))
    return { problem: 'is not a valid address; an example is https://pds.example.com' }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { problem: 'must start with https://' }
  if (url.protocol === 'http:' && !takesHttp(url)) {
    return { problem: 'must start with https:// (http:// is taken only for hosts that ALLOW_PRIVATE_NETWORK opens)' }
  }
  if (url.username || url.password) return { problem: 'must not contain a user name or password' }
  if (url.pathname !== '/') return { problem: `must end after the host, without the path "${url.pathname}"` }
  if (trimmed.includes('?')) return { problem: 'must end after the host, without a "?"' }
  if (trimmed.includes('#')) return { problem: 'must end after the host, without a "#"' }
  return { origin: originOf(url) }
}

/** The origin as servers are compared by: one name of a host is that with a dot at its end too. */
export function originOf(url: URL): string {
  const host = new URL(url.origin)
  host.hostname = host.hostname.replace(/\.+$/, '')
  return host.origin
}
