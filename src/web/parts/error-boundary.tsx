// Catches what breaks while drawing: says so, and reports it under a reference that is found in the log.
import { Button } from '@mantine/core'
import { Component, type ReactNode } from 'react'
import { call, randomId } from '../data/http.ts'
import { useTexts } from '../texts/language.tsx'
import { Icon } from './icons.tsx'
import { State } from './states.tsx'

export class ErrorBoundary extends Component<{ children: ReactNode }, { reference: string | null }> {
  override state = { reference: null }

  static getDerivedStateFromError() {
    return { reference: randomId() }
  }

  override componentDidCatch(error: unknown) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    const body = { reference: this.state.reference, message: message.slice(0, 500), page: location.pathname }
    // Nothing more can be done when even the report does not get through.
    call('/api/page-errors', { method: 'POST', body }).catch(() => undefined)
  }

  override render() {
    return this.state.reference ? <Crashed reference={this.state.reference} /> : this.props.children
  }
}

function Crashed({ reference }: { reference: string }) {
  const texts = useTexts()
  return (
    <State
      icon="alert"
      tone="bad"
      role="alert"
      title={texts.states.crashTitle}
      reference={reference}
      actions={
        <Button onClick={() => location.reload()} leftSection={<Icon name="refresh" />}>
          {texts.states.reload}
        </Button>
      }
    >
      {texts.states.crashBody}
    </State>
  )
}
