// What stands around every page: brand, navigation by role, account menu, offline bar.
import { Menu, UnstyledButton, useMantineColorScheme, VisuallyHidden } from '@mantine/core'
import { useEffect, useRef, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { isAdmin } from '../../input/account.ts'
import { useOwnSummary } from '../data/channels.ts'
import { useOpenIncidents } from '../data/admin.ts'
import type { Me } from '../../contract.ts'
import { useSignOut } from '../data/session.ts'
import { languages, useLanguage, useTexts, type Language } from '../texts/language.tsx'
import { Announcements } from './announce.tsx'
import { Icon } from './icons.tsx'
import { Notice } from './notice.tsx'
import { focusTitle } from './page.tsx'
import { ProofNotice } from './proof-notice.tsx'
import { useOnline } from './states.tsx'
import { DestinationNotice } from './destination-notice.tsx'
import styles from './shell.module.css'

export function Shell({ me, children }: { me: Me | null; children: ReactNode }) {
  const texts = useTexts()
  const online = useOnline()
  const signOut = useSignOut()
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        {texts.skipToContent}
      </a>
      <header className={styles.header}>
        <div className={styles.bar}>
          <Link className={styles.brand} href="/">
            <img src="/favicon.svg" width={28} height={28} alt="" />
            <span className={styles.brandName}>{texts.product}</span>
          </Link>
          {me && !me.secondFactorNeeded && <Navigation isAdmin={isAdmin(me)} />}
          <AccountMenu me={me} onSignOut={() => signOut.mutate()} />
        </div>
      </header>
      <div>
        <div role="status">
          {!online && (
            <div className={styles.offline}>
              <Icon name="offline" />
              <span>{texts.states.offline}</span>
            </div>
          )}
        </div>
        {signOut.isError && (
          <div className={styles.told}>
            <Notice
              tone="bad"
              role="alert"
              onClose={() => {
                signOut.reset()
                focusTitle()
              }}
            >
              <p>{texts.account.signOutFailed}</p>
            </Notice>
          </div>
        )}
        {me?.mail && !me.emailVerified && <ProofNotice email={me.email} />}
        {me && isAdmin(me) && !me.secondFactorNeeded && <DestinationNotice userId={me.id} />}
      </div>
      <main id="content" className={styles.main} tabIndex={-1}>
        {children}
      </main>
      <Announcements />
    </div>
  )
}

/** More of them would be no help to know. */
const mostShown = 99

function Navigation({ isAdmin }: { isAdmin: boolean }) {
  const texts = useTexts()
  const needsAction = useOwnSummary().data?.needsAction ?? 0
  const incidents = useOpenIncidents(isAdmin).data?.incidents.length ?? 0
  const [location] = useLocation()
  const nav = useRef<HTMLElement>(null)
  // Where the links are wider than the screen, the current one is on it.
  useEffect(() => {
    // Newer browsers return a promise, which is nothing to clean up with.
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'nearest', block: 'nearest' })
  })
  const link = (href: string, text: ReactNode) => (
    <Link className={styles.link} href={href} aria-current={`${location}/`.startsWith(`${href}/`) ? 'page' : undefined}>
      {text}
    </Link>
  )
  return (
    <nav ref={nav} className={styles.nav} aria-label={texts.nav.main} data-alone={!isAdmin || undefined}>
      {link(
        '/app/channels',
        <>
          {texts.nav.channels}
          <Count count={needsAction} words={texts.nav.needAttention} />
        </>,
      )}
      {isAdmin &&
        link(
          '/admin/connections',
          <>
            {texts.nav.connections}
            <Count count={incidents} words={texts.incident.going} />
          </>,
        )}
      {isAdmin && link('/admin/people', texts.nav.people)}
      {isAdmin && link('/admin/api-integration/bluesky', texts.nav.settings)}
      {/* No page of these: the browser goes there. */}
      {isAdmin && (
        <a className={styles.link} href="/admin/queues">
          {texts.nav.queues}
        </a>
      )}
    </nav>
  )
}

/** How many need somebody, beside the link to where they are. */
function Count({ count, words }: { count: number; words: (count: number) => string }) {
  if (count === 0) return null
  return (
    <>
      <span className={styles.count} aria-hidden>
        {count > mostShown ? `${mostShown}+` : count}
      </span>{' '}
      <VisuallyHidden>{words(count)}</VisuallyHidden>
    </>
  )
}

/** Language and appearance for everybody; who it is and the way out for those who are in. */
function AccountMenu({ me, onSignOut }: { me: Me | null; onSignOut: () => void }) {
  const { texts, language, choose } = useLanguage()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const schemes = { light: texts.nav.light, dark: texts.nav.dark, auto: texts.nav.likeSystem } as const

  return (
    <Menu position="bottom-end" width={250} shadow="md" radius="md">
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
              {isAdmin(me) ? texts.nav.administrator : texts.nav.signedInAs}
              <strong>{me.email}</strong>
            </div>
            <Menu.Divider />
          </>
        )}
        <Menu.Label>{texts.nav.appearance}</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(scheme) => setColorScheme(scheme as keyof typeof schemes)}>
          {Object.entries(schemes).map(([scheme, name]) => (
            <Menu.RadioItem key={scheme} value={scheme}>
              {name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Label>{texts.nav.language}</Menu.Label>
        <Menu.RadioGroup value={language} onChange={(chosen) => choose(chosen as Language)}>
          {Object.entries(languages).map(([each, name]) => (
            <Menu.RadioItem key={each} value={each} lang={each}>
              {name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        {me && (
          <>
            <Menu.Divider />
            {!me.secondFactorNeeded && (
              <Menu.Item component={Link} href="/app/account" leftSection={<Icon name="user" />}>
                {texts.nav.ownAccount}
              </Menu.Item>
            )}
            <Menu.Item leftSection={<Icon name="signOut" />} onClick={onSignOut}>
              {texts.nav.signOut}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
