// /sign-up
import { Link, useSearch } from 'wouter'
import { useAbout } from '../data/session.ts'
import { Notice } from '../parts/notice.tsx'
import { usePageTitle } from '../parts/page.tsx'
import { useTexts } from '../texts/language.tsx'
import { AccountForm } from './account-form.tsx'
import styles from './account.module.css'

export function SignUpPage() {
  const { account: texts } = useTexts()
  const heading = usePageTitle(texts.signUpTitle, { hasField: true })
  const search = useSearch()
  const about = useAbout()
  const closed = about.data?.signUpOpen === false
  return (
    <div className={styles.frame}>
      <div className={styles.card}>
        <div className={styles.head}>
          <h1 ref={heading} tabIndex={-1}>
            {texts.signUpTitle}
          </h1>
          <p>{texts.signUpLead}</p>
        </div>
        {closed ? (
          <Notice tone="calm" icon="lock" title={texts.signUpClosedTitle}>
            <p>{texts.signUpClosedBody}</p>
          </Notice>
        ) : (
          <AccountForm way="up" />
        )}
        <p className={styles.other}>
          {texts.haveAccount} <Link href={`/sign-in${search ? `?${search}` : ''}`}>{texts.signIn}</Link>
        </p>
      </div>
    </div>
  )
}
