// /admin/connections: what does not work for whom, why, and who can fix it.
import { Button } from '@mantine/core'
import { useEffect } from 'react'
import { Link } from 'wouter'
import { csvAddress, useConnections, useCounts, useOpenIncidents, useSummary } from '../data/admin.ts'
import { ApiError } from '../data/http.ts'
import { Icon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { NotThereYet, State } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { ActBar } from './act-bar.tsx'
import { useChosen } from './chosen.ts'
import { ConnectionDrawer } from './connection-drawer.tsx'
import { ConnectionTable } from './connection-table.tsx'
import styles from './connections.module.css'
import { statuses, useFilter } from './filter.ts'
import { Filters } from './filters.tsx'
import { IncidentNotices } from './incident-notice.tsx'
import { Overview } from './overview.tsx'
import { PageButtons } from './page-buttons.tsx'
import { PastIncidents } from './past-incidents.tsx'
import { Person } from './person.tsx'
import { Results } from './results.tsx'
import { RetryAll } from './retry-all.tsx'
import { SortField } from './sorting.tsx'
import { StaleNotice } from './stale-notice.tsx'
import { StatusTabs } from './status-tabs.tsx'

interface PageState {
  opened?: boolean
  paged?: boolean
}

export default function ConnectionsPage() {
  const { connections: texts } = useTexts()
  const { filter, sort, params, set, isSet, clear } = useFilter()
  const cursor = params.get('cursor')
  const open = params.get('open')
  const user = params.get('user')
  const list = useConnections(filter, sort, cursor)
  const counts = useCounts(filter)
  const chosen = useChosen(list.data?.connections.map(({ id }) => id) ?? [])
  const summary = useSummary()
  const goesOn = (useOpenIncidents().data?.incidents.length ?? 0) > 0
  const nextCursor = list.data?.nextCursor
  const state = window.history.state as PageState | null

  // Whoever came here from the list goes back to it, so that the back button does not open the same thing again.
  const close = () => (state?.opened ? window.history.back() : set({ open: null }, { replace: true }))
  const back = () => (state?.paged ? window.history.back() : set({ cursor: null }))

  // Everything else that the API would refuse is left out before.
  const refused = cursor !== null && list.error instanceof ApiError && [400, 422].includes(list.error.status)
  useEffect(() => {
    if (refused) set({ cursor: null }, { replace: true })
  }, [refused, set])

  const total = summary.data?.byStatus.reduce((sum, { count }) => sum + count, 0)
  const empty = () => {
    if (total === 0) return { icon: 'cloud', title: texts.noneTitle, children: texts.noneBody } as const
    if (isSet || cursor)
      return { icon: 'search', tone: 'calm', title: texts.emptyTitle, children: texts.emptyBody } as const
    // Nobody is told that all is well beside the sign that it is not.
    if (goesOn)
      return { icon: 'search', tone: 'calm', title: texts.emptyTitle, children: texts.allConnectedYet } as const
    return { icon: 'checkCircle', tone: 'good', title: texts.goodTitle, children: texts.goodBody } as const
  }

  return (
    <Page title={texts.title} lead={texts.lead} wide>
      <StaleNotice />
      <IncidentNotices here="connections" />
      {summary.data && summary.data.asked > 0 && params.get('asked') === null && (
        <Notice
          tone="info"
          icon="mail"
          actions={
            <Button component={Link} variant="default" href="/admin/connections?asked=true&status=all">
              {texts.showAsked}
            </Button>
          }
        >
          <p>{texts.askForHelp(summary.data.asked)}</p>
        </Notice>
      )}
      {summary.data ? (
        <Overview summary={summary.data} goesOn={goesOn} />
      ) : (
        <NotThereYet asked={summary} bars={[268]} />
      )}
      <Panel label={texts.table}>
        {user && <Person user={user} connections={list.data?.connections} counts={counts.data} />}
        <StatusTabs counts={counts.data} />
        <Filters />
        <div className={styles.tools}>
          <Results counts={counts.data} statuses={filter.status?.split(',') ?? statuses} />
          {isSet && (
            <Button variant="subtle" size="compact-sm" onClick={clear} leftSection={<Icon name="close" size={16} />}>
              {texts.clear}
            </Button>
          )}
          {!params.get('unseen') && (
            <Button variant="subtle" size="compact-sm" onClick={() => set({ unseen: 'true' })}>
              {texts.unseen}
            </Button>
          )}
          <SortField />
          <span className={styles.space} />
          <RetryAll filter={filter} />
          <Button
            component="a"
            href={csvAddress(filter)}
            download
            variant="default"
            leftSection={<Icon name="download" />}
          >
            {texts.csv}
          </Button>
        </div>
        <ActBar chosen={chosen} connections={list.data?.connections ?? []} />
        {list.data ? (
          <div className={styles.result} data-stale={list.isPlaceholderData || undefined}>
            {list.data.connections.length > 0 ? (
              <ConnectionTable connections={list.data.connections} chosen={chosen} />
            ) : (
              <State
                {...empty()}
                actions={
                  isSet && (
                    <Button variant="default" onClick={clear}>
                      {texts.clear}
                    </Button>
                  )
                }
              />
            )}
            {(cursor || nextCursor) && (
              <PageButtons
                // While the next page is on its way, what is on the screen and its cursor are of the page before.
                wait={list.isPlaceholderData}
                back={cursor ? back : null}
                backTo={cursor && !state?.paged ? 'first' : 'previous'}
                next={nextCursor ? () => set({ cursor: nextCursor }, { state: { paged: true } }) : null}
              />
            )}
          </div>
        ) : (
          <NotThereYet asked={refused ? { ...list, error: null } : list} bars={[56, 56, 56, 56, 56, 56]} />
        )}
      </Panel>
      <PastIncidents />
      {open && <ConnectionDrawer key={open} id={open} onClose={close} />}
    </Page>
  )
}
