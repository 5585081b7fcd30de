// /sign-in and /sign-up
import { useState } from 'react'
import { Link, useSearch } from 'wouter'
import { useAbout, wasHere } from '../data/session.ts'
import { Notice } from '../parts/notice.tsx'
import type { Texts } from '../texts/en.ts'
import { useTexts } from '../texts/language.tsx'
import { AccountFrame } from './account-frame.tsx'
import { AccountForm } from './account-form.tsx'
import { CodeForm } from './code-form.tsx'
import styles from './account.module.css'

export default function AccountPage({ way }: { way: 'in' | 'up' }) {
  const { account: texts } = useTexts()
  const isNew = way === 'up'
  const [codeFollows, setCodeFollows] = useState(false)
  const [mailedTo, setMailedTo] = useState<string>()
  const [told, setTold] = useState<string>()
  const asksCode = codeFollows && !isNew
  const isMailed = isNew && mailedTo !== undefined
  const search = useSearch()
  const about = useAbout().data
  const closed = about?.signUpOpen === false
  const follow = (following: 'code' | 'mail', email: string) =>
    following === 'code' ? setCodeFollows(true) : setMailedTo(email)
  const startAgain = (why?: string) => {
    setCodeFollows(false)
    setTold(why)
  }
  const form = () => {
    if (asksCode) return <CodeForm onOver={startAgain} />
    if (isMailed) {
      return (
        <Notice tone="good" role="status">
          <p>{texts.signUpMailed(mailedTo)}</p>
        </Notice>
      )
    }
    if (!isNew || !closed) return <AccountForm way={way} told={isNew ? undefined : told} onFollowing={follow} />
    return (
      <Notice tone="calm" icon="lock" title={texts.signUpClosedTitle}>
        <p>{texts.signUpClosedBody}</p>
      </Notice>
    )
  }
  return (
    <AccountFrame {...wordsOf(texts, { isNew, asksCode, isMailed })} hasField={!isMailed}>
      {!isNew && new URLSearchParams(search).has('deleted') && (
        <Notice tone="good" role="status">
          <p>{texts.deleted}</p>
        </Notice>
      )}
      {form()}
      {!isNew && !asksCode && about && (
        <p className={styles.other}>
          <Link href="/forgot-password">{texts.forgot}</Link>
        </p>
      )}
      {!asksCode && (isNew || !closed) && (
        <p className={styles.other}>
          {isNew ? texts.haveAccount : texts.noAccount}{' '}
          <Link href={`/sign-${isNew ? 'in' : 'up'}${search && `?${search}`}`}>
            {isNew ? texts.signIn : texts.signUp}
          </Link>
        </p>
      )}
    </AccountFrame>
  )
}

interface Way {
  isNew: boolean
  asksCode: boolean
  isMailed: boolean
}

function wordsOf(texts: Texts['account'], { isNew, asksCode, isMailed }: Way) {
  if (asksCode) return { title: texts.codeTitle, lead: texts.codeLead }
  if (isMailed) return { title: texts.signUpMailedTitle, lead: texts.signUpMailedLead }
  if (isNew) return { title: texts.signUpTitle, lead: texts.signUpLead }
  return { title: texts.signInTitle, lead: wasHere() ? texts.signInLead : texts.firstLead }
}
