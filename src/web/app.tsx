// The pages and who may see them.
import { createTheme, MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, type ReactNode } from 'react'
import { Redirect, Route, Switch, useLocation, useParams, useSearch } from 'wouter'
import { isAdmin } from '../input/account.ts'
import { pagePaths, type PagePath } from '../input/page-paths.ts'
import { AccountPage } from './accounts/account-page.tsx'
import { ForgotPasswordPage } from './accounts/forgot-password-page.tsx'
import { ResetPasswordPage } from './accounts/reset-password-page.tsx'
import { UnsubscribePage } from './accounts/unsubscribe-page.tsx'
import { VerifyEmailPage } from './accounts/verify-email-page.tsx'
import { ChannelsPage } from './channels/channels-page.tsx'
import { queryClient } from './data/query-client.ts'
import { useMe } from './data/session.ts'
import { ErrorBoundary } from './parts/error-boundary.tsx'
import pageStyles from './parts/page.module.css'
import { NotForYouPage, NotFoundPage } from './parts/plain-pages.tsx'
import { Shell } from './parts/shell.tsx'
import { NotThereYet, Waiting } from './parts/states.tsx'
import { LanguageProvider } from './texts/language.tsx'

const SettingsPage = lazy(() => import('./settings/settings-page.tsx'))
const OwnAccountPage = lazy(() => import('./own-account/own-account-page.tsx'))
const SecondFactorPage = lazy(() => import('./own-account/second-factor-page.tsx'))
const ConnectionsPage = lazy(() => import('./connections/connections-page.tsx'))

// The colours and measures are in tokens.css: the content policy allows no style element, which the theme would need.
const theme = createTheme({
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    // Locking the scrolling writes a style element as well; base.css does it instead.
    Modal: {
      defaultProps: { lockScroll: false, radius: 'lg', padding: 'lg', overlayProps: { backgroundOpacity: 0.45 } },
    },
    // The first entry has the focus at once, as in any menu.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false, loop: true } },
    Drawer: { defaultProps: { lockScroll: false, padding: 'lg', overlayProps: { backgroundOpacity: 0.45 } } },
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'md' } },
    PasswordInput: { defaultProps: { size: 'md' } },
  },
})

const framed = { bars: [56, 124, 124], className: pageStyles.page ?? '' }

const to = (address: string) => <Redirect to={address} replace />

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={queryClient}>
        <LanguageProvider>
          <ErrorBoundary>
            <Pages />
          </ErrorBoundary>
        </LanguageProvider>
      </QueryClientProvider>
    </MantineProvider>
  )
}

function Pages() {
  const me = useMe()
  const [location] = useLocation()
  if (me.data === undefined) {
    return (
      <Shell me={null}>
        <NotThereYet asked={me} {...framed} />
      </Shell>
    )
  }
  const forStrangers = (page: ReactNode) => (me.data ? <BackToWhereOneWanted /> : page)
  const forUsers = (page: ReactNode) => {
    if (!me.data) return <SignInFirst />
    return me.data.secondFactorNeeded ? <SecondFactorPage /> : page
  }
  /** Neither the code nor the data of these pages is asked for by anybody else. */
  const forAdmins = (page: ReactNode) => forUsers(isAdmin(me.data) ? page : <NotForYouPage />)
  const pages: Record<PagePath, ReactNode> = {
    '/': to('/app/channels'),
    '/admin': to('/admin/connections'),
    '/sign-in': forStrangers(<AccountPage way="in" />),
    '/sign-up': forStrangers(<AccountPage way="up" />),
    // By a link out of a mail one comes whether one is signed in or not.
    '/forgot-password': <ForgotPasswordPage />,
    '/reset-password': <ResetPasswordPage />,
    '/verify-email': <VerifyEmailPage />,
    '/unsubscribe': <UnsubscribePage />,
    '/app/channels': forUsers(<ChannelsPage />),
    '/app/account': forUsers(me.data && <OwnAccountPage me={me.data} />),
    '/admin/api-integration/bluesky': forAdmins(<SettingsPage />),
    '/admin/connections': forAdmins(<ConnectionsPage />),
    '/admin/connections/:id': forAdmins(<OpenConnection />),
  }
  return (
    <Shell me={me.data}>
      {/* Another page is another try. */}
      <ErrorBoundary key={location}>
        <Suspense fallback={<Waiting {...framed} />}>
          <Switch>
            {pagePaths.map((path) => (
              <Route key={path} path={path}>
                {pages[path]}
              </Route>
            ))}
            <Route path="/admin/queues/*?">{forAdmins(<BullBoard />)}</Route>
            <Route component={NotFoundPage} />
          </Switch>
        </Suspense>
      </ErrorBoundary>
    </Shell>
  )
}

function OpenConnection() {
  const { id } = useParams()
  return to(`/admin/connections?status=all&open=${id}`)
}

/** No page of these: who comes here has just signed in, and the browser has to ask the program for it. */
function BullBoard() {
  useEffect(() => location.replace('/admin/queues'), [])
  return <Waiting {...framed} />
}

function SignInFirst() {
  const [location] = useLocation()
  const search = useSearch()
  const wanted = `${location}${search ? `?${search}` : ''}`
  return to(`/sign-in?next=${encodeURIComponent(wanted)}`)
}

function BackToWhereOneWanted() {
  const next = new URLSearchParams(useSearch()).get('next') ?? ''
  // Only pages of ours: anything else would let a link send people elsewhere after they signed in.
  const own = URL.canParse(next, location.origin) && new URL(next, location.origin).origin === location.origin
  return to(own && /^\/(?![/\\])/.test(next) ? next : '/app/channels')
}
