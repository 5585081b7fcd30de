// Where a status stands in a list: what somebody has to do something about comes first.
const ranks = {
  action_required: 0,
  failed: 0,
  retrying: 1,
  connecting: 2,
  verifying: 2,
  connected: 3,
  // Only a channel that is gone has more than 3.
  disconnected: 4,
}

/** The lower, the earlier. */
export const rankOf = (status: keyof typeof ranks): number => ranks[status]
