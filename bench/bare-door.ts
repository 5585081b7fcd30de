// What a front door costs at least: Express, the session look-up, one insert and one job. bench/door.ts compares with it.
import { mongodbAdapter } from 'better-auth/adapters/mongodb'
import { betterAuth } from 'better-auth'
import { fromNodeHeaders } from 'better-auth/node'
import { Queue } from 'bullmq'
import express from 'express'
import { Redis } from 'ioredis'
import mongoose from 'mongoose'

const { PORT, BASE_URL = '', MONGODB_URL = '', REDIS_URL = '', QUEUE_PREFIX = '', AUTH_SECRET = '' } = process.env

const { connection } = await mongoose.connect(MONGODB_URL)
const channels = connection.collection('bare-channels')
const queue = new Queue('bare', { connection: new Redis(REDIS_URL), prefix: QUEUE_PREFIX })
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
    const { identifier, appPassword } = request.body as Record<string, string>
    const at = new Date()
    const channel = { userId: session.user.id, identifier, appPassword, status: 'connecting', createdAt: at }
    const { insertedId } = await channels.insertOne(channel)
    await queue.add('connect', { channelId: insertedId.toHexString() }, { removeOnComplete: true })
    response.status(202).json({ id: insertedId.toHexString(), identifier, status: 'connecting', createdAt: at })
  })
  .listen(Number(PORT), () => console.log('{"msg":"listening"}'))
