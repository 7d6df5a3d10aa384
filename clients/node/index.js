// The native client of a Sluice gateway. Needs fetch and Web Crypto alone: Node 20, Deno, Bun, workers.
import { JobFailed, SluiceError, Unreachable, WaitTimedOut, WebhookInvalid, errorIn, errorOf } from './lib/errors.js'
import { eventsOf } from './lib/events.js'
import { pauseMs } from './lib/retry.js'
import { Stream } from './lib/stream.js'
import { verifyWebhook } from './lib/webhook.js'

export { JobFailed, Sluice, SluiceError, Stream, Unreachable, WaitTimedOut, WebhookInvalid, verifyWebhook }

const ENDED = ['succeeded', 'failed', 'canceled', 'expired']
// How often a connection for events may fail before the job is looked at instead.
const LOST_AT_MOST = 3
const EVENTS = 'text/event-stream'
const FIRST_LOOK_MS = 500
const LAST_LOOK_MS = 5000
const WAIT_MS = 600_000
// The longest that the gateway waits within a call.
const LONGEST_WAIT_S = 25
// The gateway answers within 29 s, an upload takes what it takes; events or a sign of life come every 15 s.
const CALL_MS = 60_000
const SILENCE_MS = 40_000
// A chat's own limit at the gateway.
const TALK_SILENCE_MS = 300_000

const pass = (ms) => new Promise((done) => setTimeout(done, ms))

class Sluice {
  #baseUrl
  #key
  #tries
  #fetch
  #sleep

  constructor({ baseUrl, apiKey, tries = 5, fetch = globalThis.fetch, sleep = pass } = {}) {
    const set = globalThis.process?.env ?? {}
    const at = baseUrl || set.SLUICE_BASE_URL
    this.#key = apiKey || set.SLUICE_API_KEY
    if (!at || !this.#key) throw new TypeError('give baseUrl and apiKey, or set SLUICE_BASE_URL and SLUICE_API_KEY')
    this.#baseUrl = at.replace(/\/+$/, '').replace(/\/v1$/, '')
    this.#tries = tries
    this.#fetch = fetch
    this.#sleep = sleep
  }

  submit(model, input, options) {
    return this.#start(model, input, options)
  }

  // What is quick comes in the same call, where nobody hears of it while it runs.
  async run(model, input, { timeoutMs = WAIT_MS, onEvent, signal, ...options } = {}) {
    const until = Date.now() + timeoutMs
    const waitS = onEvent || signal ? 0 : Math.min(LONGEST_WAIT_S, Math.floor(timeoutMs / 1000))
    const job = await this.#start(model, input, options, waitS)
    if (!ENDED.includes(job.status)) return this.wait(job, { timeoutMs: Math.max(100, until - Date.now()), onEvent, signal })
    return succeeded(job)
  }

  #start(model, input, { idempotencyKey = crypto.randomUUID(), ...options } = {}, waitS = 0) {
    const headers = { 'idempotency-key': idempotencyKey, prefer: waitS ? `wait=${waitS}` : 'respond-async' }
    return this.#said('POST', '/v1/jobs', { model, input, ...options }, headers)
  }

  async wait(job, { onEvent, ...options } = {}) {
    let last
    for await (const event of this.events(job, options)) {
      onEvent?.(event)
      last = event
    }
    return succeeded(last.data)
  }

  stream(model, input, { signal, silenceMs = TALK_SILENCE_MS, ...options } = {}) {
    return new Stream(this.#talk({ model, ...input, ...options, stream: true }, signal, silenceMs))
  }

  async *events(job, { timeoutMs = WAIT_MS, signal } = {}) {
    const id = job.id ?? job
    const until = Date.now() + timeoutMs
    const over = AbortSignal.timeout(timeoutMs)
    const stop = signal ? AbortSignal.any([over, signal]) : over
    try {
      if (!(yield* this.#watch(id, stop))) yield* this.#look(id, until, stop)
    } catch (error) {
      if (over.aborted && !signal?.aborted) throw new WaitTimedOut(id, timeoutMs)
      throw error
    }
  }

  job(id) {
    return this.#said('GET', `/v1/jobs/${id}`)
  }

  cancel(id) {
    return this.#said('DELETE', `/v1/jobs/${id}`)
  }

  async models() {
    return (await this.#said('GET', '/v1/models')).data
  }

  async upload(file, contentType = file.type) {
    if (!contentType) throw new TypeError('contentType: must be given, because the file does not tell it')
    const blob = file instanceof Blob ? file : new Blob([file])
    const asked = { content_type: contentType, bytes: blob.size }
    const begun = await this.#said('POST', '/v1/uploads', asked, { 'idempotency-key': crypto.randomUUID() })
    const form = new FormData()
    for (const [name, value] of Object.entries(begun.upload.fields)) form.append(name, value)
    form.append('file', blob)
    await this.#call(begun.upload.url, { method: begun.upload.method, body: form })
    return begun.reference
  }

  // Yields chunks as they come; once the first has come, nothing is asked again. Who leaves ends the call.
  async *#talk(body, signal, silenceMs) {
    const silent = new AbortController()
    const stop = signal ? AbortSignal.any([silent.signal, signal]) : silent.signal
    const timer = setTimeout(() => silent.abort(), silenceMs)
    let jobId
    try {
      const answer = await this.#call(...this.#json('POST', '/v1/chat/completions', body, { accept: EVENTS }, stop))
      clearTimeout(timer)
      for await (const { data: chunk } of eventsOf(answer.body, {}, silenceMs, silent)) {
        if (chunk === null) return
        if (chunk.error) throw errorIn(chunk.error)
        jobId = chunk.id
        yield chunk
      }
    } catch (error) {
      if (error instanceof SluiceError || signal?.aborted) throw error
      throw new Unreachable(`the answer broke off before its end: ${error}`, { cause: error, jobId })
    } finally {
      clearTimeout(timer)
      silent.abort()
    }
    throw new Unreachable('the answer broke off before its end', { jobId })
  }

  // Yields events as they come; true once the job's end was told, false where it has to be looked at.
  async *#watch(id, stop) {
    let last = ''
    for (let lost = 0; lost < LOST_AT_MOST; lost++) {
      const told = { retryMs: 2000 }
      const silent = new AbortController()
      const signal = AbortSignal.any([stop, silent.signal])
      try {
        const headers = { accept: EVENTS, ...(last && { 'last-event-id': last }) }
        const answer = await this.#fetch(...this.#ours('GET', `/v1/jobs/${id}/events`, { headers, signal }))
        if (!streams(answer)) {
          await this.#requireTolerable(answer)
          return false
        }
        for await (const event of eventsOf(answer.body, told, SILENCE_MS, silent)) {
          last = event.id ?? last
          lost = 0
          yield event
          if (ENDED.includes(event.name.replace('job.', ''))) return true
        }
      } catch (error) {
        if (error instanceof SluiceError || stop.aborted) throw error
      } finally {
        silent.abort()
      }
      await this.#sleep(told.retryMs)
      stop.throwIfAborted()
    }
    return false
  }

  // What an answer without events says is wrong for good; all else is seen by looking at the job.
  async #requireTolerable(answer) {
    const unclear = answer.ok || answer.status === 404 || pauseMs(answer, 1) !== null
    if (!unclear) throw await errorOf(answer)
    await answer.body?.cancel()
  }

  async *#look(id, until, stop) {
    let before = {}
    for (let pause = FIRST_LOOK_MS; ; pause = Math.min(LAST_LOOK_MS, pause * 1.5)) {
      const job = await this.job(id)
      if (job.status !== before.status) yield { name: `job.${job.status}`, data: job }
      else if (job.progress !== before.progress) yield { name: 'job.progress', data: job }
      if (ENDED.includes(job.status)) return
      before = job
      await this.#sleep(Math.min(pause, Math.max(50, until - Date.now())))
      stop.throwIfAborted()
    }
  }

  async #said(...asked) {
    return (await this.#call(...this.#json(...asked))).json()
  }

  #json(method, path, body, headers = {}, signal) {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const typed = body === undefined ? headers : { 'content-type': 'application/json', ...headers }
    return this.#ours(method, path, { headers: typed, signal, ...sent })
  }

  // The key goes to the gateway alone.
  #ours(method, path, { headers, ...init }) {
    return [this.#baseUrl + path, { method, headers: { authorization: `Bearer ${this.#key}`, ...headers }, ...init }]
  }

  // Sends a call until it is answered for good; without a signal each try has its time.
  async #call(url, init) {
    for (let number = 1; ; number++) {
      let answer, lost
      try {
        answer = await this.#fetch(url, { ...init, signal: init.signal ?? AbortSignal.timeout(CALL_MS) })
      } catch (error) {
        init.signal?.throwIfAborted()
        lost = error
      }
      if (answer?.ok) return answer
      const pause = pauseMs(answer, number)
      if (pause === null || number >= this.#tries) {
        throw answer ? await errorOf(answer) : new Unreachable(`no answer after ${number} tries: ${lost}`, { cause: lost })
      }
      await answer?.body?.cancel()
      await this.#sleep(pause)
    }
  }
}

function succeeded(job) {
  if (job.status !== 'succeeded') throw new JobFailed(job)
  return job
}

function streams(answer) {
  return answer.status === 200 && (answer.headers.get('content-type') ?? '').startsWith(EVENTS)
}
