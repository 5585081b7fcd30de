// How somebody stands with this program, in a word and a colour.
import type { PersonState } from '../../contract.ts'
import type { Tone } from '../parts/notice.tsx'
import { Pill } from '../parts/status-pill.tsx'
import { useTexts } from '../texts/language.tsx'

const tones: Record<PersonState, Tone> = { active: 'good', invited: 'info', locked_out: 'bad' }

export function PersonPill({ state }: { state: PersonState }) {
  const { people: texts } = useTexts()
  return <Pill tone={tones[state]}>{texts.states[state]}</Pill>
}
