// Who is signed in, for the doors that the program is compared with: the same people and sessions, and nothing around them.
import { mongodbAdapter } from 'better-auth/adapters/mongodb'
import { betterAuth } from 'better-auth'
import { fromNodeHeaders } from 'better-auth/node'
import type { Request } from 'express'
import mongoose from 'mongoose'

const { BASE_URL = '', MONGODB_URL = '', AUTH_SECRET = '' } = process.env

export const { connection } = await mongoose.connect(MONGODB_URL)

const auth = betterAuth({
  baseURL: BASE_URL,
  secret: AUTH_SECRET,
  database: mongodbAdapter(connection.getClient().db()),
  advanced: { cookiePrefix: 'bluesky-connect' },
  telemetry: { enabled: false },
})

export const findSession = (request: Request) => auth.api.getSession({ headers: fromNodeHeaders(request.headers) })
