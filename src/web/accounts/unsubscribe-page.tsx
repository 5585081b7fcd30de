// /unsubscribe: whoever comes by the link of a mail says once more that such mails are to stop.
import { Button } from '@mantine/core'
import { useUnsubscribe } from '../data/account.ts'
import { ApiError } from '../data/http.ts'
import { Notice } from '../parts/notice.tsx'
import { ErrorNotice } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { AccountFrame } from './account-frame.tsx'
import { useLinkToken } from './use-link-token.ts'

export default function UnsubscribePage() {
  const { unsubscribe: texts } = useTexts()
  const token = useLinkToken()
  const unsubscribe = useUnsubscribe()
  const { error } = unsubscribe
  const isOver = !token || (error instanceof ApiError && error.code === 'link_invalid')
  const content = () => {
    if (unsubscribe.isSuccess) {
      return (
        <Notice tone="good" role="status">
          <p>{texts.done}</p>
        </Notice>
      )
    }
    if (isOver) {
      return (
        <Notice tone="bad" role="alert">
          <p>{texts.over}</p>
        </Notice>
      )
    }
    return (
      <>
        {error && <ErrorNotice error={error} />}
        <Button size="md" fullWidth loading={unsubscribe.isPending} onClick={() => unsubscribe.mutate(token)}>
          {texts.button}
        </Button>
      </>
    )
  }
  return (
    <AccountFrame title={texts.title} lead={token.startsWith('incidents.') ? texts.incidents : texts.channels}>
      {content()}
    </AccountFrame>
  )
}
