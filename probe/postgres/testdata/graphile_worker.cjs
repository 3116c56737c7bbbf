// It writes jobs with the real Graphile Worker. With "work" as its argument it also works on one, and never finishes it.
const { makeWorkerUtils, run } = require('graphile-worker')

const connectionString = process.env.URL
const at = (seconds) => new Date(Date.now() + seconds * 1000)

async function main() {
  if (process.argv[2] === 'work') {
    const utils = await makeWorkerUtils({ connectionString })
    await utils.addJob('slow')
    const slow = () => { console.log('working'); return new Promise(() => {}) }
    await run({ connectionString, taskList: { slow }, noHandleSignals: true, concurrency: 1 })
    return
  }
  const utils = await makeWorkerUtils({ connectionString })
  await utils.migrate()
  await utils.addJob('mail', {}, { runAt: at(-100) })
  await utils.addJob('mail', {}, { queueName: 'one after the other' })
  await utils.addJob('mail', {}, { runAt: at(60) })
  await utils.addJob('odd, "name"')
  const failed = await utils.addJob('mail')
  await utils.permanentlyFailJobs([failed.id], 'on purpose')
  await utils.release()
  console.log('{}')
}
main()
