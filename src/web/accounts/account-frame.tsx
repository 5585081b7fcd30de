// The card in the middle of the pages for whoever is not signed in, or has lost the way.
import type { ReactNode } from 'react'
import { usePageTitle } from '../parts/page.tsx'
import styles from './account.module.css'

interface AccountFrameProps {
  title: string
  lead: string
  /** it has a field that takes the focus */
  hasField?: boolean
  children: ReactNode
}

export function AccountFrame({ title, lead, hasField = false, children }: AccountFrameProps) {
  const heading = usePageTitle(title, { hasField })
  return (
    <div className={styles.frame}>
      <div className={styles.card}>
        <div className={styles.head}>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          <p>{lead}</p>
        </div>
        {children}
      </div>
    </div>
  )
}
