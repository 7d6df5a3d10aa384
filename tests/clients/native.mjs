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

const chat = 'meta/llama-3.3-70b-instruct'
const hi = { messages: [{ role: 'user', content: 'Count the waves' }] }
const times = []
let text = ''
const answer = sluice.stream(chat, hi)
for await (const words of answer) {
  times.push(Date.now())
  text += words
}
show({ said: { text, cost: answer.usage.cost, took_ms: times.at(-1) - times[0], ended: answer.finishReason } })

const left = sluice.stream(chat, hi)
for await (const words of left) if (words) break
show({ left: left.jobId })

try {
  for await (const words of sluice.stream('claude-sonnet', hi)) text = words
} catch (error) {
  show({ broken: [error.name, error.code, error.status, text] })
}
