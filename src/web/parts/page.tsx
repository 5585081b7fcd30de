// The frame of a page: its title, which takes the focus when one comes from another page, and its panels.
import { useEffect, useRef, type ReactNode } from 'react'
import { useTexts } from '../texts/language.tsx'
import styles from './page.module.css'

let firstPage = true

/** Where the focus goes when what had it is gone. */
export const focusTitle = () => document.querySelector<HTMLElement>('h1')?.focus()

interface PageProps {
  title: string
  lead?: string
  actions?: ReactNode
  wide?: boolean
  children: ReactNode
}

/** Names the window, and moves the focus to the heading unless the page is the one that was opened first or has a field for it. */
export function usePageTitle(title: string, { hasField = false } = {}) {
  const { product } = useTexts()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · ${product}`
  }, [title, product])
  useEffect(() => {
    if (!firstPage && !hasField) heading.current?.focus()
    firstPage = false
  }, [hasField])
  return heading
}

export function Page({ title, lead, actions, wide = false, children }: PageProps) {
  const heading = usePageTitle(title)
  return (
    <div className={`${styles.page} ${wide ? styles.wide : styles.normal}`}>
      <div className={styles.head}>
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <p className={styles.lead}>{lead}</p>}
        </div>
        {actions}
      </div>
      {children}
    </div>
  )
}

export function Panel({ children, label }: { children: ReactNode; label?: string }) {
  return (
    <section className={styles.panel} aria-label={label}>
      {children}
    </section>
  )
}
