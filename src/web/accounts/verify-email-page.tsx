// /verify-email and /change-email: prove the address of whoever comes by the link of a mail; the second makes it that of the account.
import { Button } from '@mantine/core'
import { useEffect } from 'react'
import { Link } from 'wouter'
import { useProveAddress } from '../data/account.ts'
import { ApiError } from '../data/http.ts'
import { useMe } from '../data/session.ts'
import { Notice } from '../parts/notice.tsx'
import { ErrorNotice, Waiting } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { AccountFrame } from './account-frame.tsx'
import { useLinkToken } from './use-link-token.ts'

export default function VerifyEmailPage({ way }: { way: 'proof' | 'change' }) {
  const { account: texts, states, tryAgain } = useTexts()
  const words = useWords(way)
  const token = useLinkToken()
  const isSignedIn = Boolean(useMe().data)
  const { mutate, isSuccess, error } = useProveAddress(way)

  useEffect(() => {
    if (token) mutate(token)
  }, [token, mutate])

  const content = () => {
    if (isSuccess) {
      return (
        <Notice tone="good" role="status">
          <p>{words.done}</p>
        </Notice>
      )
    }
    if (!token || (error instanceof ApiError && error.code === 'link_invalid')) {
      return (
        <Notice tone="bad" role="alert">
          <p>{words.over}</p>
        </Notice>
      )
    }
    if (!error) return <Waiting bars={[56]} />
    return (
      <>
        <ErrorNotice error={error} />
        <Button variant="default" onClick={() => mutate(token)}>
          {tryAgain}
        </Button>
      </>
    )
  }
  return (
    <AccountFrame title={texts.proofTitle} lead={words.lead}>
      {content()}
      <Button component={Link} href={isSignedIn ? '/app/channels' : '/sign-in'} size="md" fullWidth>
        {isSignedIn ? states.toChannels : texts.signIn}
      </Button>
    </AccountFrame>
  )
}

function useWords(way: 'proof' | 'change') {
  const { account: texts } = useTexts()
  if (way === 'proof') return { lead: texts.proofLead, done: texts.proofDone, over: texts.proofOver }
  return { lead: texts.changeLead, done: texts.changeDone, over: texts.changeOver }
}
