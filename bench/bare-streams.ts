// The bare baseline of `bench/streams.ts`: Express, a subscription to Redis, a look at MongoDB for each change, and nothing else.
//   MONGODB_URL, REDIS_URL, QUEUE_PREFIX, PORT
import express, { type Response } from 'express'
import { Redis } from 'ioredis'
import mongoose from 'mongoose'

const { MongoClient, ObjectId } = mongoose.mongo
const { MONGODB_URL = '', REDIS_URL = '', QUEUE_PREFIX = '', PORT } = process.env

const client = await new MongoClient(MONGODB_URL).connect()
const channels = client.db().collection('channels')
const streams = new Map<string, Response>()

const redis = new Redis(REDIS_URL)
redis.on('message', (_topic: string, text: string) => {
  const { userId, channelId } = JSON.parse(text) as { userId: string; channelId: string }
  const stream = streams.get(userId)
  if (stream) void tell(stream, channelId)
})
await redis.subscribe(`${QUEUE_PREFIX}:changes`)

async function tell(stream: Response, channelId: string) {
  const channel = await channels.findOne({ _id: new ObjectId(channelId) }, { projection: { secrets: 0 } })
  stream.write(`event: channel\ndata: ${JSON.stringify(channel)}\n\n`)
}

const app = express()
app.get('/api/channels/events', (request, response) => {
  const userId = String(request.headers['x-user'])
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write('event: snapshot\ndata: {"channels":[]}\n\n')
  streams.set(userId, response)
  response.on('close', () => streams.delete(userId))
})
app.listen(Number(PORT), () => console.log(JSON.stringify({ msg: 'working' })))
