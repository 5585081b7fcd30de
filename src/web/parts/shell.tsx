// What stands around every page: brand, navigation by role, account menu, offline bar.
import { Menu, UnstyledButton, useMantineColorScheme, VisuallyHidden } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { useSignOut, type Me } from '../data/session.ts'
import { languages, useLanguage, useTexts, type Language } from '../texts/language.tsx'
import { announce, Announcements } from './announce.tsx'
import { Icon, Mark } from './icons.tsx'
import { useOnline } from './states.tsx'
import styles from './shell.module.css'

export function Shell({ me, children }: { me: Me | null; children: ReactNode }) {
  const texts = useTexts()
  const online = useOnline()
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        {texts.skipToContent}
      </a>
      <header className={styles.header}>
        <div className={styles.bar}>
          <Link className={styles.brand} href="/">
            <Mark />
            {texts.product}
          </Link>
          {me?.role === 'admin' && <Navigation />}
          <AccountMenu me={me} />
        </div>
      </header>
      <div role="status">
        {!online && (
          <div className={styles.offline}>
            <Icon name="offline" />
            <span>{texts.states.offline}</span>
          </div>
        )}
      </div>
      <main id="content" className={styles.main} tabIndex={-1}>
        {children}
      </main>
      <Announcements />
    </div>
  )
}

function Navigation() {
  const texts = useTexts()
  const [location] = useLocation()
  const link = (href: string, text: string) => (
    <Link className={styles.link} href={href} aria-current={location === href ? 'page' : undefined}>
      {text}
    </Link>
  )
  return (
    <nav className={styles.nav} aria-label={texts.nav.main}>
      {link('/app/channels', texts.nav.channels)}
      {link('/admin/connections', texts.nav.connections)}
      {link('/admin/api-integration/bluesky', texts.nav.settings)}
      <a className={styles.link} href="/admin/queues">
        {texts.nav.queues}
      </a>
    </nav>
  )
}

/** Language and appearance for everybody; who it is and the way out for those who are in. */
function AccountMenu({ me }: { me: Me | null }) {
  const { texts, language, choose } = useLanguage()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const signOut = useSignOut()
  const schemes = { light: texts.nav.light, dark: texts.nav.dark, auto: texts.nav.likeSystem } as const
  const mark = (chosen: boolean) => (chosen ? <Icon name="check" size={16} /> : <span />)

  return (
    <Menu position="bottom-end" width={250} shadow="md" radius="md" loop>
      <Menu.Target>
        <UnstyledButton className={styles.who}>
          <VisuallyHidden>{texts.nav.account}</VisuallyHidden>
          <span className={styles.initial} aria-hidden>
            {me ? me.email.slice(0, 1) : <Icon name="gear" size={17} />}
          </span>
          {me && <span className={styles.email}>{me.email}</span>}
          <Icon name="chevron" size={16} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {me && (
          <>
            <div className={styles.menuEmail}>
              {me.role === 'admin' ? texts.nav.administrator : texts.nav.signedInAs}
              <strong>{me.email}</strong>
            </div>
            <Menu.Divider />
          </>
        )}
        <Menu.Label>{texts.nav.appearance}</Menu.Label>
        {(Object.keys(schemes) as (keyof typeof schemes)[]).map((scheme) => (
          <Menu.Item
            key={scheme}
            aria-current={colorScheme === scheme}
            rightSection={mark(colorScheme === scheme)}
            onClick={() => setColorScheme(scheme)}
          >
            {schemes[scheme]}
          </Menu.Item>
        ))}
        <Menu.Label>{texts.nav.language}</Menu.Label>
        {(Object.keys(languages) as Language[]).map((each) => (
          <Menu.Item
            key={each}
            aria-current={language === each}
            rightSection={mark(language === each)}
            onClick={() => choose(each)}
            lang={each}
          >
            {languages[each]}
          </Menu.Item>
        ))}
        {me && (
          <>
            <Menu.Divider />
            <Menu.Item
              leftSection={<Icon name="signOut" />}
              onClick={() => signOut.mutate(undefined, { onError: () => announce(texts.account.signOutFailed) })}
            >
              {texts.nav.signOut}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
