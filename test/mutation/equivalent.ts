// Mutants that no test can kill, because they change nothing that anybody could see; left out of the figure.

export interface Equivalent {
  file: string
  /** as the run shows it */
  mutant: string
  /** part of its line, where the same change is possible at several places */
  line?: string
  reason: string
}

export const equivalent: Equivalent[] = [
  {
    file: 'src/secrets.ts',
    mutant: "kid ?? '' → kid",
    line: 'byId.get',
    reason: 'no key has that id either way',
  },
  {
    file: 'workers/decision.ts',
    mutant: 'limit?.policy ?? null → limit?.policy',
    reason: 'reading a policy takes undefined for null',
  },
  {
    file: 'workers/decision.ts',
    mutant: 'null → true',
    line: 'limit?.policy ?? null',
    reason: 'there is no window in the word true',
  },
]
