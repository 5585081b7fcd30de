// Says that nothing can be connected at the moment, before anybody tries; an admin is led to where that is changed.
import { Button } from '@mantine/core'
import { Link } from 'wouter'
import { isAdmin } from '../../input/account.ts'
import { useMe } from '../data/session.ts'
import { Notice } from '../parts/notice.tsx'
import { useTexts } from '../texts/language.tsx'

export function PausedNotice() {
  const { channels: texts } = useTexts()
  const me = useMe()
  const settings = (
    <Button component={Link} href="/admin/api-integration/bluesky" variant="default">
      {texts.openSettings}
    </Button>
  )
  return (
    <Notice tone="warn" title={texts.pausedTitle} role="status" {...(isAdmin(me.data) ? { actions: settings } : {})}>
      <p>{texts.pausedBody}</p>
    </Notice>
  )
}
