// The addresses of the pages: the front door sends the pages to these alone, and the pages show something at each.

export const pagePaths = [
  '/',
  '/sign-in',
  '/sign-up',
  '/forgot-password',
  '/reset-password',
  '/invitation',
  '/verify-email',
  '/change-email',
  '/unsubscribe',
  '/app/channels',
  '/app/account',
  '/admin',
  '/admin/api-integration/bluesky',
  '/admin/connections',
  '/admin/connections/:id',
  '/admin/people',
  '/admin/people/:id',
] as const
export type PagePath = (typeof pagePaths)[number]
