// Sends what stands in the dialog where it belongs.
import { useRef } from 'react'
import type { Channel } from '../../contract.ts'
import { useConnect, useRemove } from '../data/channels.ts'
import { randomId } from '../data/http.ts'
import type { Connecting } from './channels-page.tsx'

interface Ends {
  onSuccess: (channel: Channel) => void
  onError: (error: Error) => void
}

/** Sends handle and app password where they belong; the same input twice counts once. */
export function useSubmission(connecting: Connecting) {
  const mistyped = connecting.way === 'correct_handle' && connecting.channel.id
  const connect = useConnect(connecting.way === 'reconnect' ? connecting.channel.id : undefined)
  const remove = useRemove()
  const sent = useRef({ input: '', key: '' })
  const busy = useRef(false)

  const send = (identifier: string, appPassword: string, ends: Ends) => {
    // A second click can come before the button is drawn as busy.
    if (busy.current) return
    busy.current = true
    const input = `${identifier} ${appPassword}`
    if (sent.current.input !== input) sent.current = { input, key: randomId() }
    connect.mutate(
      { identifier, appPassword, key: sent.current.key },
      {
        onSuccess: (channel) => {
          // The channel with the mistyped handle never was an account.
          if (mistyped && mistyped !== channel.id) remove.mutate({ id: mistyped })
          ends.onSuccess(channel)
        },
        onError: ends.onError,
        onSettled: () => {
          busy.current = false
        },
      },
    )
  }
  return { send, isPending: connect.isPending, error: connect.error }
}
