// What the pages and the API have to agree on about accounts: how long a password is, who is an admin, and how somebody stands.

export const PASSWORD_LENGTH = { min: 12, max: 128 }

export const roles = ['user', 'admin'] as const
export type Role = (typeof roles)[number]

export const isRole = (value: unknown): value is Role => roles.some((role) => role === value)

/** The one place that decides it. */
export const isAdmin = (user: { role?: unknown } | null | undefined) => user?.role === 'admin'

export const personStates = ['active', 'invited', 'locked_out'] as const
