// Says that the address is still to be proved, and has another mail sent.
import { Button } from '@mantine/core'
import { useState } from 'react'
import { useSendProof } from '../data/account.ts'
import { useTexts } from '../texts/language.tsx'
import { Notice } from './notice.tsx'
import { focusTitle } from './page.tsx'
import styles from './shell.module.css'
import { ErrorNotice } from './states.tsx'

export function ProofNotice({ email }: { email: string }) {
  const { account: texts } = useTexts()
  const [isShut, setShut] = useState(false)
  const send = useSendProof()
  if (isShut) return null
  const shut = () => {
    setShut(true)
    focusTitle()
  }
  return (
    <div className={styles.told}>
      <Notice
        tone="info"
        onClose={shut}
        actions={
          <Button variant="default" size="xs" onClick={() => send.mutate(email)} loading={send.isPending}>
            {texts.sendProof}
          </Button>
        }
      >
        <p>{texts.notProven(email)}</p>
        <div role="status">{send.isSuccess && <p>{texts.proofSent}</p>}</div>
        {send.error && <ErrorNotice error={send.error} />}
      </Notice>
    </div>
  )
}
