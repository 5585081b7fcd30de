// The token of a link out of a mail, which stands behind the # of the address.
import { useEffect, useState } from 'react'

/** Taken out of the address, where it would stay in the history. Empty where there is none. */
export function useLinkToken(): string {
  const [token] = useState(() => location.hash.slice(1))
  useEffect(() => {
    history.replaceState(history.state, '', location.pathname)
    // Another link of the kind, opened in the same tab, is another page in nothing but this.
    const again = () => location.hash && location.reload()
    window.addEventListener('hashchange', again)
    return () => window.removeEventListener('hashchange', again)
  }, [])
  return token
}
