// What a front door costs at least: Express, the session look-up, one insert and one job. bench/door.ts compares with it.
import { Queue } from 'bullmq'
import express from 'express'
import { Redis } from 'ioredis'
import { connection, findSession } from './bare-auth.ts'

const { PORT, REDIS_URL = '', QUEUE_PREFIX = '' } = process.env

const channels = connection.collection('bare-channels')
const queue = new Queue('bare', { connection: new Redis(REDIS_URL), prefix: QUEUE_PREFIX })

express()
  .use(express.json())
  .post('/api/channels/bluesky', async (request, response) => {
    const session = await findSession(request)
    if (!session) return response.status(401).end()
    const { identifier, appPassword } = request.body as Record<string, string>
    const at = new Date()
    const channel = { userId: session.user.id, identifier, appPassword, status: 'connecting', createdAt: at }
    const { insertedId } = await channels.insertOne(channel)
    await queue.add('connect', { channelId: insertedId.toHexString() }, { removeOnComplete: true })
    response.status(202).json({ id: insertedId.toHexString(), identifier, status: 'connecting', createdAt: at })
  })
  .listen(Number(PORT), () => console.log('{"msg":"listening"}'))
