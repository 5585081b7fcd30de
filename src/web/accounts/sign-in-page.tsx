// /sign-in
import { Link, useSearch } from 'wouter'
import { useAbout } from '../data/session.ts'
import { usePageTitle } from '../parts/page.tsx'
import { useTexts } from '../texts/language.tsx'
import { AccountForm } from './account-form.tsx'
import styles from './account.module.css'

export function SignInPage() {
  const { account: texts } = useTexts()
  const heading = usePageTitle(texts.signInTitle, { hasField: true })
  const search = useSearch()
  const about = useAbout()
  return (
    <div className={styles.frame}>
      <div className={styles.card}>
        <div className={styles.head}>
          <h1 ref={heading} tabIndex={-1}>
            {texts.signInTitle}
          </h1>
          <p>{texts.signInLead}</p>
        </div>
        <AccountForm way="in" />
        {about.data?.signUpOpen !== false && (
          <p className={styles.other}>
            {texts.noAccount} <Link href={`/sign-up${search ? `?${search}` : ''}`}>{texts.signUp}</Link>
          </p>
        )}
      </div>
    </div>
  )
}
