// The pages and who may see them.
import { createTheme, MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, type ReactNode } from 'react'
import { Redirect, Route, Switch, useLocation, useParams, useSearch } from 'wouter'
import { isAdmin } from '../input/account.ts'
import { pagePaths, type PagePath } from '../input/page-paths.ts'
import { queryClient } from './data/query-client.ts'
import { useOpenIncidents } from './data/admin.ts'
import { useMe } from './data/session.ts'
import { ErrorBoundary } from './parts/error-boundary.tsx'
import pageStyles from './parts/page.module.css'
import { NotForYouPage, NotFoundPage } from './parts/plain-pages.tsx'
import { Shell } from './parts/shell.tsx'
import { NotThereYet, Waiting } from './parts/states.tsx'
import { LanguageProvider, type Loaded } from './texts/language.tsx'

const loadChannels = () => import('./channels/channels-page.tsx')
const loadAccount = () => import('./accounts/account-page.tsx')
// The page that was opened is asked for beside the question who it is.
if (location.pathname.startsWith('/sign-')) void loadAccount()
else if (['/', '/app/channels'].includes(location.pathname)) void loadChannels()

const ChannelsPage = lazy(loadChannels)
const AccountPage = lazy(loadAccount)
const ForgotPasswordPage = lazy(() => import('./accounts/forgot-password-page.tsx'))
const ResetPasswordPage = lazy(() => import('./accounts/reset-password-page.tsx'))
const UnsubscribePage = lazy(() => import('./accounts/unsubscribe-page.tsx'))
const VerifyEmailPage = lazy(() => import('./accounts/verify-email-page.tsx'))
const SettingsPage = lazy(() => import('./settings/settings-page.tsx'))
const OwnAccountPage = lazy(() => import('./own-account/own-account-page.tsx'))
const SecondFactorPage = lazy(() => import('./own-account/second-factor-page.tsx'))
const PeoplePage = lazy(() => import('./people/people-page.tsx'))
const PersonPage = lazy(() => import('./people/person-page.tsx'))
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

export function App({ first }: { first: Loaded }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={queryClient}>
        <LanguageProvider first={first}>
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
  const forStrangers = (page: ReactNode) => (me.data ? <BackToWhereOneWanted isAdmin={isAdmin(me.data)} /> : page)
  const forUsers = (page: ReactNode) => {
    if (!me.data) return <SignInFirst />
    return me.data.secondFactorNeeded ? <SecondFactorPage /> : page
  }
  /** Neither the code nor the data of these pages is asked for by anybody else. */
  const forAdmins = (page: ReactNode) => forUsers(isAdmin(me.data) ? page : <NotForYouPage />)
  const pages: Record<PagePath, ReactNode> = {
    '/': me.data ? <First isAdmin={isAdmin(me.data)} /> : to('/sign-in'),
    '/admin': to('/admin/connections'),
    '/sign-in': forStrangers(<AccountPage way="in" />),
    '/sign-up': forStrangers(<AccountPage way="up" />),
    // By a link out of a mail one comes whether one is signed in or not.
    '/forgot-password': <ForgotPasswordPage />,
    '/reset-password': <ResetPasswordPage key="reset" way="reset" />,
    '/invitation': <ResetPasswordPage key="invitation" way="invitation" />,
    '/verify-email': <VerifyEmailPage way="proof" />,
    '/change-email': <VerifyEmailPage way="change" />,
    '/unsubscribe': <UnsubscribePage />,
    '/app/channels': forUsers(<ChannelsPage />),
    '/app/account': forUsers(me.data && <OwnAccountPage me={me.data} />),
    '/admin/api-integration/bluesky': forAdmins(<SettingsPage />),
    '/admin/connections': forAdmins(<ConnectionsPage />),
    '/admin/connections/:id': forAdmins(<OpenConnection />),
    '/admin/people': forAdmins(<PeoplePage />),
    '/admin/people/:id': forAdmins(<PersonPage />),
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

/** Where nobody asked for a page: an administrator comes to the incident that goes on. */
function First({ isAdmin }: { isAdmin: boolean }) {
  const open = useOpenIncidents(isAdmin)
  if (isAdmin && open.isPending) return <Waiting {...framed} />
  return to(open.data && open.data.incidents.length > 0 ? '/admin/connections' : '/app/channels')
}

function BackToWhereOneWanted({ isAdmin }: { isAdmin: boolean }) {
  const next = new URLSearchParams(useSearch()).get('next') ?? ''
  // Only pages of ours: anything else would let a link send people elsewhere after they signed in.
  const own = URL.canParse(next, location.origin) && new URL(next, location.origin).origin === location.origin
  return own && /^\/(?![/\\])/.test(next) ? to(next) : <First isAdmin={isAdmin} />
}
