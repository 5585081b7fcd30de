// Groups: the labels that a person gives their channels, cleaned of what nobody sees.

/** Of one channel. */
export const MOST_GROUPS = 10
export const MOST_GROUP_LENGTH = 40

/** The same label, however it is written. */
export const groupKey = (group: string) => group.toLocaleLowerCase('en')

/** @returns null where nothing is left, or it is too long */
export function cleanGroup(typed: string): string | null {
  const group = typed
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    // Joiners hold emoji together; what turns the direction of writing would change the text around it.
    .replace(/(?!\u200d)[\p{Cf}\p{Cs}\p{Co}]/gu, '')
    .trim()
  return group === '' || group.length > MOST_GROUP_LENGTH ? null : group
}

/** @returns what a channel carries after a change, in the order of the alphabet */
export function withGroups(before: string[], { add, remove }: { add: string[]; remove: string[] }): string[] {
  const gone = new Set(remove.map(groupKey))
  const groups = new Map(before.map((group) => [groupKey(group), group]))
  for (const group of add) if (!groups.has(groupKey(group))) groups.set(groupKey(group), group)
  return [...groups].flatMap(([key, group]) => (gone.has(key) ? [] : [group])).toSorted((a, b) => a.localeCompare(b))
}
