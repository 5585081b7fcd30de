// What the front door tells the accounts library about a request, in headers that are overwritten before it sees them.

/** Whom it comes from, as Express has it: set by src/api/client-address.ts. */
export const ADDRESS_HEADER = 'x-client-address'
/** Our own id of it: set by src/api/accounts.ts. */
export const REQUEST_ID_HEADER = 'x-own-request-id'
