// Says what became of the sessions of removed channels, until it is put away.
import { Button } from '@mantine/core'
import { useEffect, useEffectEvent, useRef } from 'react'
import type { Removal } from '../../contract.ts'
import { isolated, shownHandle } from '../../input/shown.ts'
import { usePutAllAway, usePutAway, useRemovals } from '../data/removals.ts'
import { announce } from '../parts/announce.tsx'
import { Notice, type Tone } from '../parts/notice.tsx'
import { focusTitle } from '../parts/page.tsx'
import { useLanguage, useTexts } from '../texts/language.tsx'
import { AppPasswordsLink } from './app-passwords-link.tsx'
import styles from './channels.module.css'
import { atHandle, hostOf } from './naming.ts'

/** The others come up as these are put away. */
const SHOWN = 3

const tones: Record<Removal['session'], Tone> = {
  ending: 'info',
  ended: 'good',
  refused: 'warn',
  unanswered: 'warn',
  unreadable: 'warn',
}

/** @param live whether the event stream delivers */
export function RemovalNotices({ live }: { live: boolean }) {
  const { data: removals = [] } = useRemovals(live)
  const putAway = usePutAway()
  const putAllAway = usePutAllAway()
  const sentences = useSentences()
  const texts = useTexts()
  const known = useRef(new Map<string, Removal['session']>())
  const say = useEffectEvent((ended: Removal[]) => announce(ended.flatMap(sentences).join(' ')))
  useEffect(() => {
    const ended = removals.filter(({ id, session }) => session !== 'ending' && known.current.get(id) === 'ending')
    known.current = new Map(removals.map(({ id, session }) => [id, session]))
    if (ended.length > 0) say(ended)
  }, [removals])
  const more = removals.length - SHOWN
  const shown = removals.slice(0, SHOWN).map((removal) => (
    <Notice
      key={removal.id}
      tone={removal.session === 'ended' && removal.appPassword?.state === 'left' ? 'warn' : tones[removal.session]}
      {...(removal.session === 'ending'
        ? {}
        : {
            onClose: () => {
              putAway.mutate(removal.id)
              focusTitle()
            },
          })}
    >
      {sentences(removal).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {removal.session !== 'ending' && removal.appPassword?.state !== 'deleted' && (
        <p>
          <AppPasswordsLink />
        </p>
      )}
    </Notice>
  ))
  return (
    <>
      {shown}
      {more > 0 && (
        <div className={styles.moreRemovals}>
          <span>{texts.removals.more(more)}</span>
          <Button
            variant="default"
            size="compact-sm"
            onClick={() => {
              putAllAway.mutate()
              focusTitle()
            }}
          >
            {texts.removals.putAllAway}
          </Button>
        </div>
      )}
    </>
  )
}

/** @returns gives what is to be said of a removal, in the order in which it matters */
function useSentences(): (removal: Removal) => string[] {
  const { locale, texts } = useLanguage()
  const { removals: words } = texts
  return ({ name, server, by, session, sessionEndsAt, appPassword }) => {
    const date = new Intl.DateTimeFormat(locale, { dateStyle: 'long' })
    const account = isolated(atHandle(shownHandle(name)))
    const ended = words[session](account, hostOf(server))
    const isLeft = session !== 'ending' && session !== 'ended'
    const ends = sessionEndsAt ? words.endsOn(date.format(new Date(sessionEndsAt))) : words.endsInTime
    const kept = session === 'ending' ? [] : [words.kept]
    return [
      isLeft ? `${ended} ${ends}` : ended,
      ...(by === 'admin' ? [words.byAdmin] : []),
      ...(appPassword ? [words[appPassword.state](isolated(appPassword.name))] : kept),
    ]
  }
}
