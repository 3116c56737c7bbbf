// It writes jobs with the real pg-boss.
const Boss = require('pg-boss')

const at = (seconds) => new Date(Date.now() + seconds * 1000)

async function main() {
  const boss = new Boss({ connectionString: process.env.URL, supervise: false, schedule: false })
  await boss.start()
  for (const name of ['mail', 'odd_name-1', 'slow', 'empty']) await boss.createQueue(name)
  await boss.send('mail', {}, { startAfter: at(-100) })
  await boss.send('mail', {})
  await boss.send('mail', {}, { startAfter: at(60) })
  await boss.send('odd_name-1', {})
  await boss.send('slow', {})
  await boss.fetch('slow')
  const id = await boss.send('mail', {})
  await boss.cancel('mail', id)
  await boss.stop({ graceful: false })
  console.log('{}')
}
main()
