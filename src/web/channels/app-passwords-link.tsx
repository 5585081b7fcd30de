// Leads to where people delete app passwords themselves.
import { Anchor, VisuallyHidden } from '@mantine/core'
import { useTexts } from '../texts/language.tsx'
import { appPasswordsPage } from './naming.ts'

export function AppPasswordsLink() {
  const texts = useTexts()
  return (
    <Anchor href={appPasswordsPage} target="_blank" rel="noreferrer" size="sm">
      {texts.channels.appPasswordsLink}
      <VisuallyHidden component="span"> {texts.opensNewTab}</VisuallyHidden>
    </Anchor>
  )
}
