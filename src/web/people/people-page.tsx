// /admin/people: everybody with an account, newest first.
import { Button } from '@mantine/core'
import { useState } from 'react'
import { PageButtons } from '../connections/page-buttons.tsx'
import { usePeople } from '../data/people.ts'
import { Icon } from '../parts/icons.tsx'
import { Page, Panel } from '../parts/page.tsx'
import { NotThereYet, State } from '../parts/states.tsx'
import { useTexts } from '../texts/language.tsx'
import { AddPerson } from './add-person.tsx'
import { PeopleFilters } from './people-filters.tsx'
import { PeopleTable } from './people-table.tsx'
import styles from './people.module.css'
import { usePeopleFilter } from './use-people-filter.ts'

export default function PeoplePage() {
  const { people: texts } = useTexts()
  const { filter, cursor, isSet, set, clear } = usePeopleFilter()
  const list = usePeople(filter, cursor)
  const [adding, setAdding] = useState(false)
  const nextCursor = list.data?.nextCursor
  const isPaged = (window.history.state as { paged?: boolean } | null)?.paged === true
  const back = () => (isPaged ? window.history.back() : set({ cursor: null }))
  return (
    <Page
      title={texts.title}
      lead={texts.lead}
      wide
      actions={
        <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
          {texts.addButton}
        </Button>
      }
    >
      <Panel label={texts.title}>
        <PeopleFilters />
        {list.data ? (
          <div className={styles.result} data-stale={list.isPlaceholderData || undefined}>
            {list.data.people.length > 0 ? (
              <PeopleTable people={list.data.people} />
            ) : (
              <State
                icon="search"
                tone="calm"
                title={texts.emptyTitle}
                actions={
                  isSet && (
                    <Button variant="default" onClick={clear}>
                      {texts.clear}
                    </Button>
                  )
                }
              >
                {texts.emptyBody}
              </State>
            )}
            {(cursor || nextCursor) && (
              <PageButtons
                wait={list.isPlaceholderData}
                back={cursor ? back : null}
                backTo={cursor && !isPaged ? 'first' : 'previous'}
                next={nextCursor ? () => set({ cursor: nextCursor }, { state: { paged: true } }) : null}
              />
            )}
          </div>
        ) : (
          <NotThereYet asked={list} bars={[56, 56, 56, 56, 56]} />
        )}
      </Panel>
      <AddPerson opened={adding} onClose={() => setAdding(false)} />
    </Page>
  )
}
