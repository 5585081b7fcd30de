// The connects of the last day by hour, as bars for the eye and as a table for everybody else.
import type { Summary } from '../../contract.ts'
import { clockTime } from '../parts/time.tsx'
import { useLanguage } from '../texts/language.tsx'
import styles from './chart.module.css'

const height = 132
const slot = 20
const barWidth = 14

export function HourChart({ hours }: { hours: Summary['byHour'] }) {
  const { texts: all, locale } = useLanguage()
  const texts = all.connections
  const most = Math.max(1, ...hours.map(({ connected, failed }) => connected + failed))
  const width = Math.max(1, hours.length) * slot
  const sum = (part: 'connected' | 'failed') => hours.reduce((total, hour) => total + hour[part], 0)
  const [connected, failed] = [sum('connected'), sum('failed')]
  const size = (count: number) => (count === 0 ? 0 : Math.max(3, (count / most) * height))
  const hourName = (at: string) => clockTime(locale, new Date(at), new Date(at))

  return (
    <div className={styles.chart}>
      <p className={styles.legend}>
        <span className={styles.connected}>
          {texts.legendConnected} <strong>{connected.toLocaleString(locale)}</strong>
        </span>
        <span className={styles.failed}>
          {texts.legendFailed} <strong>{failed.toLocaleString(locale)}</strong>
        </span>
      </p>
      <svg
        viewBox={`0 0 ${width} ${height + 4}`}
        role="img"
        aria-label={texts.chartSummary(connected, failed)}
        preserveAspectRatio="none"
      >
        <line x1={0} x2={width} y1={height + 2} y2={height + 2} className={styles.ground} />
        {hours.map((hour, index) => {
          const [good, bad] = [size(hour.connected), size(hour.failed)]
          const x = index * slot + (slot - barWidth) / 2
          return (
            <g key={hour.at} className={styles.hour}>
              <title>{`${hourName(hour.at)} · ${texts.legendConnected} ${hour.connected} · ${texts.legendFailed} ${hour.failed}`}</title>
              <rect x={index * slot} y={0} width={slot} height={height} className={styles.catch} />
              <rect x={x} y={height - good} width={barWidth} height={good} className={styles.goodBar} rx={2} />
              <rect
                x={x}
                y={height - good - bad - (good && bad ? 2 : 0)}
                width={barWidth}
                height={bad}
                className={styles.badBar}
                rx={2}
              />
            </g>
          )
        })}
      </svg>
      <p className={styles.axis} aria-hidden="true">
        {[0, 6, 12, 18, 23].map((index) => {
          const hour = hours[index]
          return hour && <span key={hour.at}>{hourName(hour.at)}</span>
        })}
      </p>
      <details className={styles.numbers}>
        <summary>{texts.asTable}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{texts.hour}</th>
              <th scope="col">{texts.legendConnected}</th>
              <th scope="col">{texts.legendFailed}</th>
            </tr>
          </thead>
          <tbody>
            {hours.map((hour) => (
              <tr key={hour.at}>
                <th scope="row">{hourName(hour.at)}</th>
                <td>{hour.connected}</td>
                <td>{hour.failed}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  )
}
