// The list of people: a table where there is room, cards where there is not.
import { Link } from 'wouter'
import type { Person } from '../../contract.ts'
import { Time } from '../parts/time.tsx'
import { useTexts } from '../texts/language.tsx'
import styles from './people.module.css'
import { PersonPill } from './person-pill.tsx'

export function PeopleTable({ people }: { people: Person[] }) {
  const { people: texts } = useTexts()
  const columns = [texts.person, texts.state, texts.role, texts.channels, texts.lastSeen, texts.since]
  return (
    <table className={styles.table} aria-label={texts.title}>
      <thead>
        <tr>
          {columns.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {people.map((person) => (
          <Row key={person.id} person={person} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ person }: { person: Person }) {
  const { people: texts } = useTexts()
  const { id, email, name, role, state, channels, lastSeenAt, createdAt } = person
  return (
    <tr className={styles.row}>
      <td className={styles.person}>
        <Link href={`/admin/people/${id}`} aria-label={texts.open(email)}>
          <bdi>{email}</bdi>
        </Link>
        {name && !email.startsWith(`${name}@`) && (
          <span className={styles.sub}>
            <bdi>{name}</bdi>
          </span>
        )}
      </td>
      <td>
        <PersonPill state={state} />
      </td>
      <td>{texts.roles[role]}</td>
      <td data-name={texts.channels}>{texts.count(channels)}</td>
      <td className={styles.muted} data-name={texts.lastSeen}>
        {lastSeenAt ? <Time at={lastSeenAt} /> : texts.never}
      </td>
      <td className={styles.muted} data-name={texts.since}>
        <Time at={createdAt} />
      </td>
    </tr>
  )
}
