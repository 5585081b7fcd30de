// To the next page of the list and back. The buttons keep the focus when they lead nowhere for now.
import { Button } from '@mantine/core'
import { Icon } from '../parts/icons.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './connections.module.css'

interface PageButtonsProps {
  wait: boolean
  /** null where there is none */
  back: (() => void) | null
  backTo: 'first' | 'previous'
  next: (() => void) | null
}

export function PageButtons({ wait, back, backTo, next }: PageButtonsProps) {
  const { connections: texts } = useTexts()
  const leadsTo = (go: (() => void) | null) => ({
    'aria-disabled': go === null,
    'data-disabled': go === null,
    onClick: () => !wait && go?.(),
  })
  return (
    <nav className={styles.pages} aria-label={texts.pages}>
      <Button variant="default" {...leadsTo(back)} leftSection={<Icon name="previous" size={16} />}>
        {texts[backTo]}
      </Button>
      <Button variant="default" {...leadsTo(next)} rightSection={<Icon name="next" size={16} />}>
        {texts.next}
      </Button>
    </nav>
  )
}
