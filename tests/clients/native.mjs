// What somebody does with the native client, one line of JSON for each thing: file, job with events, refusal.
import { readFileSync } from 'node:fs'
import { JobFailed, Sluice } from '../../clients/node/index.js'

const sluice = new Sluice()
const show = (line) => console.log(JSON.stringify(line))

const image = await sluice.upload(readFileSync(process.argv[2]), 'image/png')
show({ image })

const heard = []
const job = await sluice.run('nano-banana-pro', { prompt: 'at night', image }, { onEvent: (event) => heard.push(event) })
show({ job, names: heard.map((event) => event.name), ids: heard.every((event) => event.id) })

const again = [1, 2].map(() => sluice.submit('eleven-v4', { prompt: 'hello' }, { idempotencyKey: 'order 8' }))
show({ again: (await Promise.all(again)).map((each) => each.id) })

try {
  await sluice.run('no-such-model', {})
} catch (error) {
  show({ refused: [error.name, error.status, error.code, error instanceof JobFailed] })
}
