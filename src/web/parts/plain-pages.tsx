// The pages for an address that leads nowhere, or not for this person.
import { Button } from '@mantine/core'
import { Link } from 'wouter'
import { useTexts } from '../texts/language.tsx'
import { Icon, type IconName } from './icons.tsx'
import { usePageTitle } from './page.tsx'
import styles from './states.module.css'

function PlainPage({ icon, title, body }: { icon: IconName; title: string; body: string }) {
  const texts = useTexts()
  const heading = usePageTitle(title)
  return (
    <div className={styles.state}>
      <div className={`${styles.badge} ${styles.calm}`}>
        <Icon name={icon} size={28} />
      </div>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <p className={styles.text}>{body}</p>
      <div className={styles.actions}>
        <Button component={Link} href="/app/channels" variant="default">
          {texts.states.toChannels}
        </Button>
      </div>
    </div>
  )
}

export function NotFoundPage() {
  const { states } = useTexts()
  return <PlainPage icon="compass" title={states.notFoundTitle} body={states.notFoundBody} />
}

export function NotForYouPage() {
  const { states } = useTexts()
  return <PlainPage icon="lock" title={states.notForYouTitle} body={states.notForYouBody} />
}
