// A connect as everybody else does it, inside the request, with @atproto/api. bench/door.ts compares with it.
import { AtpAgent } from '@atproto/api'
import express from 'express'
import { connection, findSession } from './bare-auth.ts'

const { PORT, BLUESKY_SERVICE_URL = '' } = process.env

const channels = connection.collection('in-request-channels')

express()
  .use(express.json())
  .post('/api/channels/bluesky', async (request, response) => {
    const session = await findSession(request)
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
