// How far a check or a removal of many channels is, and what came of each.
import { Button, CloseButton } from '@mantine/core'
import { useEffect, useEffectEvent } from 'react'
import type { Channel } from '../../contract.ts'
import { isInStep } from '../data/channels.ts'
import type { Run, What } from '../data/many.ts'
import { announce } from '../parts/announce.tsx'
import { focusTitle } from '../parts/page.tsx'
import { ErrorNotice, useErrorText } from '../parts/states.tsx'
import { useOutcomeText, useTexts } from '../texts/language.tsx'
import { nameOf } from './naming.ts'
import styles from './rows.module.css'

interface ProgressProps {
  run: Run
  /** as they stand now */
  channels: Channel[]
  onStop: () => void
  onClose: () => void
  onGoOn: (what: What, channels: Channel[]) => void
}

type End = 'ahead' | 'under_way' | 'well' | 'unwell' | 'refused'

/** What came of one. @param now as it stands; undefined: it is gone */
function endOf({ what, said }: Run, { id }: Channel, now: Channel | undefined): End {
  const word = said.get(id)
  if (word === undefined) return 'ahead'
  if (word !== 'done') return 'refused'
  if (what === 'remove' || !now) return 'well'
  if (isInStep(now)) return 'under_way'
  return now.status === 'connected' ? 'well' : 'unwell'
}

/** What somebody has to look at comes first. */
const order: End[] = ['refused', 'unwell', 'ahead', 'under_way', 'well']

export function ManyProgress({ run, channels, onStop, onClose, onGoOn }: ProgressProps) {
  const { many: texts, close } = useTexts()
  const standing = new Map(channels.map((channel) => [channel.id, channel]))
  const ends = run.channels.map((channel) => ({ channel, end: endOf(run, channel, standing.get(channel.id)) }))
  const count = (...of: End[]) => ends.filter(({ end }) => of.includes(end)).length
  const total = ends.length
  const settled = count('well', 'unwell', 'refused')
  const isOver = run.isOver && count('under_way') === 0
  const ahead = ends.flatMap(({ channel, end }) => (end === 'ahead' ? channel : []))
  const sentence = [
    texts.ofTotal[run.what](count('well'), total),
    ...(count('unwell') > 0 ? [texts.unwell(count('unwell'))] : []),
    ...(count('refused') > 0 ? [texts.refused(count('refused'))] : []),
    ...(run.isOver && ahead.length > 0 ? [texts.notBegun(ahead.length)] : []),
  ].join(' · ')

  const say = useEffectEvent(() => announce(sentence))
  useEffect(() => {
    if (isOver) say()
  }, [isOver])

  return (
    <section className={styles.run} aria-label={texts.running[run.what](total)}>
      <div className={styles.runHead}>
        <h2>{isOver ? texts.ran[run.what](total) : texts.running[run.what](total)}</h2>
        {!run.isOver && (
          <Button variant="default" size="compact-sm" onClick={onStop}>
            {texts.stop}
          </Button>
        )}
        {isOver && (
          <CloseButton
            aria-label={close}
            onClick={() => {
              onClose()
              focusTitle()
            }}
          />
        )}
      </div>
      <progress className={styles.progress} max={total} value={settled} aria-label={texts.running[run.what](total)} />
      <p>{sentence}</p>
      {!run.isOver && total > 20 && <p className={styles.aside}>{texts.stayHere}</p>}
      {run.error && <ErrorNotice error={run.error} />}
      {run.isOver && ahead.length > 0 && (
        <div>
          <Button variant="default" size="compact-sm" onClick={() => onGoOn(run.what, ahead)}>
            {texts.goOn(ahead.length)}
          </Button>
        </div>
      )}
      <details>
        <summary>{texts.ofEach}</summary>
        <ul className={styles.ends} aria-label={texts.ofEach}>
          {ends
            .toSorted((a, b) => order.indexOf(a.end) - order.indexOf(b.end))
            .map(({ channel, end }) => (
              <li key={channel.id}>
                <bdi>{nameOf(channel)}</bdi>
                <EndWords run={run} channel={standing.get(channel.id) ?? channel} end={end} />
              </li>
            ))}
        </ul>
      </details>
    </section>
  )
}

function EndWords({ run, channel, end }: { run: Run; channel: Channel; end: End }) {
  const { many: texts, status } = useTexts()
  const errorText = useErrorText()
  const outcomeText = useOutcomeText()
  const words = () => {
    switch (end) {
      case 'refused':
        return errorText(run.said.get(channel.id) as Error)
      case 'unwell':
        return channel.outcome ? outcomeText(channel.outcome).title : status[channel.status]
      case 'well':
        return run.what === 'remove' ? texts.removed : status.connected
      case 'under_way':
        return status.verifying
      case 'ahead':
        return run.isOver ? texts.untouched : texts.ahead
    }
  }
  return <span data-end={end}>{words()}</span>
}
