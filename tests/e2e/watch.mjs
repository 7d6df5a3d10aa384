// Follow a job's events as a browser would, one line of JSON for each; ends when the server says to stay away.
import { EventSource } from 'eventsource'

const [url, key] = process.argv.slice(2)
const names = ['queued', 'running', 'delivering', 'succeeded', 'failed', 'canceled', 'expired', 'progress']
const told = [...names.map((name) => `job.${name}`), 'attempt.started', 'attempt.failed']
const show = (line) => console.log(JSON.stringify({ at: Date.now() / 1000, ...line }))

const source = new EventSource(url, {
  fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, Authorization: `Bearer ${key}` } }),
})
source.addEventListener('open', () => show({ open: true }))
for (const name of told) {
  source.addEventListener(name, (event) =>
    show({ id: event.lastEventId, name, data: JSON.parse(event.data) }))
}
source.addEventListener('error', (event) => {
  if (source.readyState === EventSource.CLOSED) show({ closed: event.code ?? 0 })
})
