// It writes jobs with the real BullMQ. With "work" as its argument it works on one and never finishes it.
const { Queue, Worker } = require('bullmq')

const [host, port] = process.env.ADDR.split(':')
const connection = { host, port, password: process.env.PASSWORD, db: process.env.DATABASE, maxRetriesPerRequest: null }
const now = Date.now()
const queue = (name) => new Queue(name, { connection })

async function main() {
  switch (process.argv[2]) {
    case 'work':
      await queue('slow').add('job', {})
      new Worker('slow', () => { console.log('working'); return new Promise(() => {}) }, { connection })
      return
    case 'pause':
      await queue('mail').pause()
      break
    default: {
      const mail = queue('mail')
      await mail.add('first', {}, { timestamp: now - 100e3 })
      await mail.add('second', {}, { timestamp: now - 50e3 })
      await mail.add('later', {}, { timestamp: now, delay: 60e3 })
      await queue('urgent').add('low', {}, { timestamp: now - 30e3, priority: 9 })
      await queue('urgent').add('high', {}, { timestamp: now, priority: 1 })
      // A job that failed and is tried again after a delay.
      const retried = queue('retried')
      await retried.add('job', {}, { timestamp: now - 3600e3, attempts: 2, backoff: 1 })
      const worker = new Worker('retried', null, { connection })
      const job = await worker.getNextJob('token')
      await job.moveToFailed(new Error('on purpose'), 'token')
      await worker.waitUntilReady()
      while (!(await retried.getDelayedCount())) await new Promise((r) => setTimeout(r, 5))
    }
  }
  console.log(JSON.stringify({ now: now / 1000 }))
  process.exit()
}
main()
