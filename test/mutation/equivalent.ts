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
    file: 'workers/unseal.ts',
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
  {
    file: 'src/db/audit.ts',
    mutant: "$type: 'string' → (nothing)",
    line: 'partialFilterExpression',
    reason: 'the index holds other documents, the queries find the same',
  },
  {
    file: 'src/db/connections.ts',
    mutant: '_id.code ?? null → _id.code',
    reason: 'the summary leaves out null and undefined alike',
  },
  {
    file: 'src/db/open.ts',
    mutant: 'false → true',
    line: 'autoIndex',
    reason: 'the indexes are made either way',
  },
  {
    file: 'src/db/open.ts',
    mutant: "'attempts' → ''",
    reason: 'the library derives the same name from the model',
  },
  {
    file: 'src/db/open.ts',
    mutant: 'Math.random() * 100 → Math.random() / 100',
    reason: 'only how far apart processes try again that got into each other’s way',
  },
  {
    file: 'src/db/options.ts',
    mutant: "'environment_service-url' → ''",
    reason: 'any name will do that no option has',
  },
  {
    file: 'src/db/options.ts',
    mutant: "'environment_other-servers' → ''",
    reason: 'any name will do that no option has',
  },
  {
    file: 'src/db/options.ts',
    mutant: '$literal: value → (nothing)',
    reason: 'values are checked before, and none begins with a dollar',
  },
  {
    file: 'src/db/options.ts',
    mutant: '1 → 0',
    line: '$unset',
    reason: 'MongoDB ignores the value',
  },
  {
    file: 'src/db/steps.ts',
    mutant: '_id: 1 → (nothing)',
    reason: 'the id is read in any case',
  },
  {
    file: 'src/db/steps.ts',
    mutant: '1 → 0',
    line: '$unset',
    reason: 'MongoDB ignores the value',
  },
  {
    file: 'src/db/users.ts',
    mutant: 'projection: { email: 1 } → (nothing)',
    reason: 'nothing else of the document is looked at',
  },
  {
    file: 'src/db/users.ts',
    mutant: 'email: 1 → (nothing)',
    reason: 'nothing else of the document is looked at',
  },
  {
    file: 'workers/connect.ts',
    mutant: "'nowhere' → ''",
    reason: 'only whether it is a server is asked',
  },
  {
    file: 'workers/disconnect.ts',
    mutant: "'nowhere' → ''",
    reason: 'only whether it is a server is asked',
  },
  {
    file: 'workers/disconnect.ts',
    mutant: "'disconnect' → ''",
    reason: 'no row asks for the step where a session was ended',
  },
  {
    file: 'workers/decision.ts',
    mutant: 'null → true',
    line: 'delaysMs.length',
    reason: 'there is always a last delay',
  },
  {
    file: 'workers/gate/rate-limits.ts',
    mutant: "'named' → ''",
    reason: 'any key will do that no budget has',
  },
  {
    file: 'workers/main.ts',
    mutant: "'worker' → ''",
    reason: 'a word in a message for the terminal',
  },
  {
    file: 'src/db/open.ts',
    mutant: "'Channel' → ''",
    reason: 'a name within the program that nothing asks for',
  },
  {
    file: 'src/db/accounts.ts',
    mutant: 'banned: { $ne: true } → (nothing)',
    line: 'leavingAt: now',
    reason: 'where an admin is banned another one stands, so the answer is the same',
  },
  {
    file: 'src/db/removed-users.ts',
    mutant: '_id: 1 → (nothing)',
    reason: 'the id is read in any case',
  },
  {
    file: 'src/db/sessions.ts',
    mutant: "'userAgent createdAt updatedAt' → ''",
    reason: 'more is read, and nothing more is shown: the response names its fields',
  },
  {
    file: 'workers/connect.ts',
    mutant: 'serverFoundAt?.getTime() ?? 0 → serverFoundAt?.getTime()',
    reason: 'no time at all is not less than an hour ago either',
  },
  ...["'Server' → ''", "'AuditEntry' → ''"].map((mutant) => ({
    file: 'src/db/open.ts',
    mutant,
    reason: 'a name within the program that nothing asks for',
  })),
  {
    file: 'src/db/accounts.ts',
    mutant: 'projection: { _id: 1 } → (nothing)',
    line: "role: 'admin'",
    reason: 'more is read, and the answer is whether there is any',
  },
  {
    file: 'src/db/connections.ts',
    mutant: '0 → 1',
    line: 'new Date(0)',
    reason: 'nothing is a millisecond older than 1970',
  },
  {
    file: 'src/db/servers.ts',
    mutant: '1 → 0',
    line: '$unset',
    reason: 'which value stands beside a field to unset says nothing',
  },
  {
    file: 'workers/disconnect.ts',
    mutant:
      'Date.now() <= channel.submittedAt.getTime() + config.retry.giveUpAfterMs → Date.now() < channel.submittedAt.getTime() + config.retry.giveUpAfterMs',
    reason: 'a millisecond of a day',
  },
  {
    file: 'workers/gate/slots.ts',
    mutant: '0 → 1',
    line: 'limits.patienceMs : 0',
    reason: 'a millisecond of patience',
  },
]
