// The bare baseline of `bench/worker.ts`: two BullMQ queues, the calls and the MongoDB writes of a connect, and nothing else.
//   MONGODB_URL, REDIS_URL, QUEUE_PREFIX, ORIGIN, WORKER_CONCURRENCY
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import mongoose from 'mongoose'

const { MongoClient, ObjectId } = mongoose.mongo
const { MONGODB_URL = '', REDIS_URL = '', QUEUE_PREFIX = '', ORIGIN = '', WORKER_CONCURRENCY } = process.env

interface Payload {
  id: string
  did: string
}

const client = await new MongoClient(MONGODB_URL).connect()
const [channels, attempts] = [client.db().collection('channels'), client.db().collection('attempts')]
const redis = () => new Redis(REDIS_URL, { maxRetriesPerRequest: null })
const verifying = new Queue<Payload>('verify', { connection: redis(), prefix: QUEUE_PREFIX })
const options = { prefix: QUEUE_PREFIX, concurrency: Number(WORKER_CONCURRENCY) }

let began: string | undefined

function say(msg: string): string {
  console.log(JSON.stringify({ msg, time: new Date().toISOString() }))
  return msg
}

async function call(path: string, body?: object, token?: string) {
  const response = await fetch(`${ORIGIN}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  return (await response.json()) as { did: string; accessJwt: string; refreshJwt: string }
}

const change = (_id: mongoose.mongo.ObjectId, $set: object) =>
  channels.findOneAndUpdate({ _id }, { $set }, { returnDocument: 'after' })
const record = (channelId: mongoose.mongo.ObjectId, outcome: string) =>
  attempts.insertOne({ channelId, outcome, startedAt: new Date(), answer: { status: 200, durationMs: 1 } })

new Worker<Payload>(
  'connect',
  async ({ data: { id, did } }) => {
    began ??= say('began')
    const _id = new ObjectId(id)
    await change(_id, { status: 'connecting', since: new Date() })
    const session = await call('/xrpc/com.atproto.server.createSession', { identifier: did, password: 'x' })
    await channels.updateOne({ _id }, { $push: { 'secrets.former': session.refreshJwt } as object })
    await Promise.all([call(`/${did}`), call(`/xrpc/com.atproto.repo.getRecord?repo=${did}`)])
    const kept = {
      'secrets.session': JSON.stringify(session),
      'secrets.former': [],
      status: 'verifying',
      since: new Date(),
    }
    await Promise.all([change(_id, kept), record(_id, 'signed_in')])
    await verifying.add('verify', { id, did }, { removeOnComplete: true })
  },
  { connection: redis(), ...options },
)

new Worker<Payload>(
  'verify',
  async ({ data: { id, did } }) => {
    const _id = new ObjectId(id)
    const channel = await change(_id, { status: 'verifying', since: new Date() })
    const { accessJwt } = JSON.parse(channel?.['secrets'].session) as { accessJwt: string }
    const target = { repo: did, collection: 'app.bsky.feed.post', rkey: '2222222222222' }
    await call('/xrpc/com.atproto.repo.deleteRecord', target, accessJwt)
    await call('/xrpc/_health')
    await call('/xrpc/com.atproto.repo.createRecord', { ...target, swapCommit: 'x' }, accessJwt)
    await record(_id, 'connected')
    await change(_id, { status: 'connected', rank: 3, since: new Date() })
  },
  { connection: redis(), ...options },
)

say('working')
