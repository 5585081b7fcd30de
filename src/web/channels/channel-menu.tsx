// What can be done with a channel that needs nothing: check it, give it a new password, remove it.
import { ActionIcon, Menu } from '@mantine/core'
import { useRef } from 'react'
import type { Channel } from '../../contract.ts'
import { isolated } from '../../input/shown.ts'
import { isInStep } from '../data/channels.ts'
import { usePaused } from '../data/session.ts'
import { Icon } from '../parts/icons.tsx'
import { useTexts } from '../texts/language.tsx'
import type { OpenDialog } from './channels-page.tsx'
import styles from './channels.module.css'
import { nameOf } from './naming.ts'
import type { Acts } from './use-acts.tsx'

interface MenuProps {
  channel: Channel
  acts: Acts
  onConnect: OpenDialog
}

export function ChannelMenu({ channel, acts, onConnect }: MenuProps) {
  const { channels: texts } = useTexts()
  const paused = usePaused()
  const button = useRef<HTMLButtonElement>(null)
  return (
    <Menu position="bottom-end" width={270} shadow="md" radius="md">
      <Menu.Target>
        <ActionIcon
          ref={button}
          variant="subtle"
          color="gray"
          size={38}
          radius="md"
          aria-label={texts.menu(isolated(nameOf(channel)))}
        >
          <Icon name="dots" size={22} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {channel.status === 'connected' && (
          <Menu.Item leftSection={<Icon name="refresh" />} onClick={() => acts.begin('verify')} disabled={paused}>
            {texts.verify}
            <span className={styles.itemHint}>{texts.verifyHint}</span>
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<Icon name="key" />}
          onClick={() => onConnect({ way: 'reconnect', channel }, button.current)}
          disabled={isInStep(channel) || paused}
        >
          {channel.status === 'connected' ? texts.newPassword : texts.reconnect}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          className={styles.danger}
          leftSection={<Icon name="trash" />}
          onClick={() => acts.remove(button.current)}
        >
          {texts.remove}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
