// The path of a request as it is logged: what somebody pasted into an address is not.

/** The words of our own paths, and ids; a file of the pages has a dot. */
const known = /^(?:[a-z][a-z-]{0,23}(?:\.[a-z]{2,5})?|[0-9a-f]{24}|favicon\.svg)$/

/** An app password, or a part of one, could stand anywhere: a segment of its shape is none of ours. */
const likePassword = /^[a-z0-9]{4}(?:-[a-z0-9]{4}){1,3}$|^[a-z]{16}$/

/** Without the query; segments that are none of ours are shown as …. */
export const loggedPath = (url: string): string =>
  (url.split('?')[0] ?? '')
    .split('/')
    .map((segment) => (segment === '' || (known.test(segment) && !likePassword.test(segment)) ? segment : '…'))
    .join('/')
