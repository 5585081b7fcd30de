// A connect as everybody else does it, inside the request, with @atproto/api. bench/door.ts compares with it.
import { AtpAgent } from '@atproto/api'
import { mongodbAdapter } from 'better-auth/adapters/mongodb'
import { betterAuth } from 'better-auth'
import { fromNodeHeaders } from 'better-auth/node'
import express from 'express'
import mongoose from 'mongoose'

const { PORT, BASE_URL = '', MONGODB_URL = '', AUTH_SECRET = '', BLUESKY_SERVICE_URL = '' } = process.env

const { connection } = await mongoose.connect(MONGODB_URL)
const channels = connection.collection('in-request-channels')
// The same people and sessions as those of the program.
const auth = betterAuth({
  baseURL: BASE_URL,
  secret: AUTH_SECRET,
  database: mongodbAdapter(connection.getClient().db()),
  advanced: { cookiePrefix: 'bluesky-connect' },
  telemetry: { enabled: false },
})

express()
  .use(express.json())
  .post('/api/channels/bluesky', async (request, response) => {
    const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) })
    if (!session) return response.status(401).end()
    const { identifier = '', appPassword = '' } = request.body as Record<string, string>
    try {
      const agent = new AtpAgent({ service: BLUESKY_SERVICE_URL })
      const { data } = await agent.login({ identifier, password: appPassword })
      const { did, accessJwt, refreshJwt } = data
      const { data: profile } = await agent.getProfile({ actor: did })
      const { displayName = null, handle } = profile
      const channel = {
        userId: session.user.id,
        did,
        handle,
        displayName,
        accessJwt,
        refreshJwt,
        createdAt: new Date(),
      }
      const { insertedId } = await channels.insertOne(channel)
      response.status(202).json({ id: insertedId.toHexString(), did, handle })
    } catch {
      response.status(400).json({ error: 'Invalid credentials' })
    }
  })
  .listen(Number(PORT), () => console.log('{"msg":"listening"}'))
