// Asks for the password where a call was refused because the sign-in is a while ago, and sends it again.
import { ApiError } from '../data/http.ts'
import { ConfirmPassword } from './confirm-password.tsx'

interface Sent<V> {
  error: Error | null
  variables: V | undefined
  mutate: (variables: V) => void
  reset: () => void
}

export const wantsPassword = (error: Error | null) => error instanceof ApiError && error.code === 'fresh_session_needed'

/** @param again where more than the call itself has to happen */
export function AskPassword<V>({ sent, again }: { sent: Sent<V>; again?: () => void }) {
  if (!wantsPassword(sent.error)) return null
  return <ConfirmPassword onConfirmed={again ?? (() => sent.mutate(sent.variables as V))} onClose={sent.reset} />
}
