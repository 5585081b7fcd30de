// /sign-in and /sign-up
import { Link, useSearch } from 'wouter'
import { useAbout } from '../data/session.ts'
import { Notice } from '../parts/notice.tsx'
import { usePageTitle } from '../parts/page.tsx'
import { useTexts } from '../texts/language.tsx'
import { AccountForm } from './account-form.tsx'
import styles from './account.module.css'

export function AccountPage({ way }: { way: 'in' | 'up' }) {
  const { account: texts } = useTexts()
  const isNew = way === 'up'
  const title = isNew ? texts.signUpTitle : texts.signInTitle
  const heading = usePageTitle(title, { hasField: true })
  const search = useSearch()
  const closed = useAbout().data?.signUpOpen === false
  return (
    <div className={styles.frame}>
      <div className={styles.card}>
        <div className={styles.head}>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          <p>{isNew ? texts.signUpLead : texts.signInLead}</p>
        </div>
        {isNew && closed ? (
          <Notice tone="calm" icon="lock" title={texts.signUpClosedTitle}>
            <p>{texts.signUpClosedBody}</p>
          </Notice>
        ) : (
          <AccountForm way={way} />
        )}
        {(isNew || !closed) && (
          <p className={styles.other}>
            {isNew ? texts.haveAccount : texts.noAccount}{' '}
            <Link href={`/sign-${isNew ? 'in' : 'up'}${search && `?${search}`}`}>
              {isNew ? texts.signIn : texts.signUp}
            </Link>
          </p>
        )}
      </div>
    </div>
  )
}
