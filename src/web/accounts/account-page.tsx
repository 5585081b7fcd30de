// /sign-in and /sign-up
import { useState } from 'react'
import { Link, useSearch } from 'wouter'
import { useAbout } from '../data/session.ts'
import { Notice } from '../parts/notice.tsx'
import { usePageTitle } from '../parts/page.tsx'
import type { Texts } from '../texts/en.ts'
import { useTexts } from '../texts/language.tsx'
import { AccountForm } from './account-form.tsx'
import { CodeForm } from './code-form.tsx'
import styles from './account.module.css'

export function AccountPage({ way }: { way: 'in' | 'up' }) {
  const { account: texts } = useTexts()
  const isNew = way === 'up'
  const [codeFollows, setCodeFollows] = useState(false)
  const [told, setTold] = useState<string>()
  const asksCode = codeFollows && !isNew
  const { title, lead } = wordsOf(texts, { isNew, asksCode })
  const heading = usePageTitle(title, { hasField: true })
  const search = useSearch()
  const closed = useAbout().data?.signUpOpen === false
  const askCode = () => setCodeFollows(true)
  const startAgain = (why?: string) => {
    setCodeFollows(false)
    setTold(why)
  }
  const form = () => {
    if (asksCode) return <CodeForm onOver={startAgain} />
    if (!isNew || !closed) return <AccountForm way={way} told={isNew ? undefined : told} onCode={askCode} />
    return (
      <Notice tone="calm" icon="lock" title={texts.signUpClosedTitle}>
        <p>{texts.signUpClosedBody}</p>
      </Notice>
    )
  }
  return (
    <div className={styles.frame}>
      <div className={styles.card}>
        <div className={styles.head}>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          <p>{lead}</p>
        </div>
        {!isNew && new URLSearchParams(search).has('deleted') && (
          <Notice tone="good" role="status">
            <p>{texts.deleted}</p>
          </Notice>
        )}
        {form()}
        {!asksCode && (isNew || !closed) && (
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

function wordsOf(texts: Texts['account'], { isNew, asksCode }: { isNew: boolean; asksCode: boolean }) {
  if (asksCode) return { title: texts.codeTitle, lead: texts.codeLead }
  if (isNew) return { title: texts.signUpTitle, lead: texts.signUpLead }
  return { title: texts.signInTitle, lead: texts.signInLead }
}
