// The native client in Node, against a gateway that answers from a script.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { afterEach, beforeEach, test } from 'node:test'
import { JobFailed, Sluice, SluiceError, Unreachable, WaitTimedOut, WebhookInvalid, verifyWebhook } from '../../clients/node/index.js'

const CUT = null
const HANG = 'hang'
const SSE = { 'content-type': 'text/event-stream' }
const say = (status, body, headers = {}, cut = false) => ({ status, body, headers, cut })
const job = (status = 'succeeded', more = {}) => ({ id: 'gw_1', status, progress: null, error: null, ...more })
const event = (id, name, data) => `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`
const busy = say(429, { error: { code: 'rate_limited', message: 'slow' } }, { 'retry-after': '7' })

let server, url, script, asked, pauses, sluice

beforeEach(async () => {
  asked = []
  pauses = []
  server = createServer((request, response) => {
    const parts = []
    request.on('data', (part) => parts.push(part)).on('end', () => {
      const call = `${request.method} ${request.url}`
      asked.push({ call, headers: request.headers, body: Buffer.concat(parts).toString('latin1') })
      const answers = script[call]
      const said = answers.length > 1 ? answers.shift() : answers[0]
      if (said === CUT) return request.socket.destroy()
      response.writeHead(said.status, said.headers)
      const text = typeof said.body === 'string' ? said.body : JSON.stringify(said.body)
      if (said.cut === HANG) return response.write(text)
      if (said.cut) return response.write(text, () => setTimeout(() => request.socket.destroy(), 20))
      response.end(text)
    })
  })
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  url = `http://127.0.0.1:${server.address().port}`
  const sleep = async (ms) => pauses.push(ms)
  sluice = new Sluice({ baseUrl: url, apiKey: 'sk-sluice-x', tries: 3, sleep })
})

afterEach(() => {
  server.closeAllConnections()
  return new Promise((done) => server.close(done))
})

test('a start that is sent again has the same key', async () => {
  script = { 'POST /v1/jobs': [busy, CUT, say(202, job('queued'))] }

  const made = await sluice.submit('veo-3.1', { prompt: 'x' }, { fallback: ['kling-3.0-pro'] })

  assert.equal(made.id, 'gw_1')
  assert.equal(new Set(asked.map((each) => each.headers['idempotency-key'])).size, 1)
  assert.deepEqual(JSON.parse(asked[0].body), { model: 'veo-3.1', input: { prompt: 'x' }, fallback: ['kling-3.0-pro'] })
  assert.equal(pauses[0], 7000)
  assert.ok(pauses[1] >= 500 && pauses[1] <= 1000)
})

test('two starts have two keys, and a caller keeps its own', async () => {
  script = { 'POST /v1/jobs': [say(202, job('queued'))] }

  for (const idempotencyKey of [undefined, undefined, 'order 7']) await sluice.submit('veo-3.1', {}, { idempotencyKey })

  const keys = asked.map((each) => each.headers['idempotency-key'])
  assert.equal(new Set(keys).size, 3)
  assert.equal(keys[2], 'order 7')
})

test('a mistake is not sent again, and its error has what the gateway said', async () => {
  const wrong = { code: 'unknown_parameter', message: 'lenght: is none.', param: 'lenght', retryable: false }
  script = { 'POST /v1/jobs': [say(400, { error: wrong })] }

  const error = await sluice.submit('veo-3.1', { lenght: 3 }).catch((error) => error)

  assert.ok(error instanceof SluiceError)
  assert.deepEqual([error.message, error.status, error.code, error.param], [wrong.message, 400, wrong.code, 'lenght'])
  assert.equal(asked.length, 1)
})

for (const [what, answer, kind, code] of [
  ['a busy gateway', busy, SluiceError, 'rate_limited'],
  ['a broken proxy', say(502, '<html>'), SluiceError, 'http_502'],
  ['no answer', CUT, Unreachable, 'unreachable'],
]) {
  test(`trouble that stays is told after the last try: ${what}`, async () => {
    script = { 'GET /v1/jobs/gw_1': [answer] }

    const error = await sluice.job('gw_1').catch((error) => error)

    assert.ok(error instanceof kind)
    assert.deepEqual([error.code, asked.length], [code, 3])
  })
}

test('a connection that breaks goes on where it broke', async () => {
  const first = `retry: 5\n\n${event(1, 'job.queued', {})}${event(2, 'job.running', {})}id: 3\neve`
  const rest = event(3, 'job.delivering', {}) + event(4, 'job.succeeded', job())
  script = { 'GET /v1/jobs/gw_1/events': [say(200, first, SSE, true), say(200, rest, SSE)] }
  const heard = []

  const done = await sluice.wait('gw_1', { onEvent: (event) => heard.push(event.name) })

  assert.equal(done.status, 'succeeded')
  assert.deepEqual(heard, ['job.queued', 'job.running', 'job.delivering', 'job.succeeded'])
  assert.deepEqual(asked.map((each) => each.headers['last-event-id']), [undefined, '2'])
  assert.deepEqual(pauses, [5])
})

for (const [what, events] of [
  ['no connection', CUT],
  ['a page', say(200, '<html>', { 'content-type': 'text/html' })],
  ['nothing more to tell', say(204, '')],
]) {
  test(`where events do not come the job is looked at: ${what}`, async () => {
    script = {
      'GET /v1/jobs/gw_1/events': [events],
      'GET /v1/jobs/gw_1': [say(200, job('running')), say(200, job())],
    }
    const told = []

    for await (const event of sluice.events('gw_1')) told.push(event.name)

    assert.deepEqual(told, ['job.running', 'job.succeeded'])
  })
}

test('what is quick comes in one call, and what is heard is watched', async () => {
  script = {
    'POST /v1/jobs': [say(200, job()), say(202, job('queued')), say(202, job('queued'))],
    'GET /v1/jobs/gw_1/events': [say(200, event(1, 'job.succeeded', job()), SSE)],
  }

  for (const options of [{ timeoutMs: 9500 }, {}, { onEvent: () => {} }]) {
    assert.equal((await sluice.run('veo-3.1', {}, options)).status, 'succeeded')
  }

  assert.deepEqual(
    asked.map((each) => each.headers.prefer ?? each.call),
    ['wait=9', 'wait=25', 'GET /v1/jobs/gw_1/events', 'respond-async', 'GET /v1/jobs/gw_1/events'],
  )
})

test('a job that failed is an error with the job', async () => {
  const failed = job('failed', { error: { code: 'moderation', message: 'no', retryable: false } })
  script = { 'GET /v1/jobs/gw_1/events': [say(200, event(1, 'job.failed', failed), SSE)] }

  const error = await sluice.wait('gw_1').catch((error) => error)

  assert.ok(error instanceof JobFailed)
  assert.deepEqual([error.message, error.code, error.job], ['gw_1 failed: no', 'moderation', failed])
})

test('a key that may not look is told so at once', async () => {
  script = { 'GET /v1/jobs/gw_1/events': [say(403, { error: { code: 'not_allowed', message: 'no' } })] }

  const error = await sluice.wait('gw_1').catch((error) => error)

  assert.deepEqual([error.code, asked.length], ['not_allowed', 1])
})

test('a wait ends when its time is over, also while nothing comes', async () => {
  script = {
    'GET /v1/jobs/gw_1/events': [say(200, event(1, 'job.queued', {}), SSE, false)],
    'GET /v1/jobs/gw_1': [say(200, job('running'))],
  }

  const error = await sluice.wait('gw_1', { timeoutMs: 100 }).catch((error) => error)

  assert.ok(error instanceof WaitTimedOut)
  assert.equal(error.jobId, 'gw_1')
})

test('an upload sends the form without the key', async () => {
  const form = { method: 'POST', url: `${url}/bucket`, fields: { policy: 'p' } }
  script = {
    'POST /v1/uploads': [say(201, { reference: 'upl_1', upload: form })],
    'POST /bucket': [say(503, ''), say(204, '')],
  }

  const reference = await sluice.upload(new Uint8Array([137, 80, 78, 71]), 'image/png')

  const sent = asked.at(-1)
  assert.equal(reference, 'upl_1')
  assert.deepEqual(JSON.parse(asked[0].body), { content_type: 'image/png', bytes: 4 })
  assert.equal(sent.headers.authorization, undefined)
  assert.ok(sent.body.indexOf('name="policy"') < sent.body.indexOf('name="file"'))
  assert.ok(sent.body.includes('\x89PNG'))
})

test('who gives no address or key is told so', () => {
  assert.throws(() => new Sluice({ baseUrl: '', apiKey: '' }), /SLUICE_BASE_URL and SLUICE_API_KEY/)
})

const CHAT = 'POST /v1/chat/completions'
const HI = { messages: [{ role: 'user', content: 'Count the waves' }] }
const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, cost: 0.000004 }
const piece = (delta, finish = null, usage = null) =>
  `data: ${JSON.stringify({ id: 'gw_1', model: 'm', provider: 'p', choices: [{ index: 0, delta, finish_reason: finish }], usage })}\n\n`
const begun = piece({ role: 'assistant' }) + piece({ content: 'twelve ' }) + piece({ content: 'wäves' })
const whole = `${begun}${piece({}, 'stop', USAGE)}data: [DONE]\n\n`

async function heard(answer, words = []) {
  for await (const word of answer) words.push(word)
  return words
}

test('words come as they are said, and their cost at the end', async () => {
  script = { [CHAT]: [busy, CUT, say(200, whole, SSE)] }

  const answer = sluice.stream('m', { ...HI, temperature: 0 }, { fallback: ['n'] })

  assert.deepEqual(await heard(answer), ['twelve ', 'wäves'])
  assert.deepEqual([answer.jobId, answer.finishReason, answer.usage], ['gw_1', 'stop', USAGE])
  assert.deepEqual(JSON.parse(asked[0].body), { model: 'm', ...HI, temperature: 0, fallback: ['n'], stream: true })
  assert.equal(asked.length, 3)
})

test('calls of tools come in chunks', async () => {
  const call = { index: 0, id: 'c', function: { name: 'look', arguments: '{}' } }
  script = { [CHAT]: [say(200, `${piece({ tool_calls: [call] })}data: [DONE]\n\n`, SSE)] }

  const found = await heard(sluice.stream('m', HI).chunks())

  assert.deepEqual(found.map((each) => each.choices[0].delta), [{ tool_calls: [call] }])
})

for (const [what, rest, cut, kind, code] of [
  ['at the provider', 'data: {"error":{"code":"provider_transient","message":"down","job_id":"gw_1"}}\n\n', false, SluiceError, 'provider_transient'],
  ['on its way', '', true, Unreachable, 'unreachable'],
  ['without its mark', '', false, Unreachable, 'unreachable'],
]) {
  test(`an answer that breaks off is an error after what came: ${what}`, async () => {
    script = { [CHAT]: [say(200, begun + rest, SSE, cut)] }
    const words = []

    const error = await heard(sluice.stream('m', HI), words).catch((error) => error)

    assert.ok(error instanceof kind)
    assert.deepEqual([error.code, error.jobId, error.status], [code, 'gw_1', null])
    assert.deepEqual([words, asked.length], [['twelve ', 'wäves'], 1])
  })
}

test('where the gateway says that it is of no use nothing is tried again', async () => {
  const failed = { error: { code: 'all_targets_failed', message: 'no' } }
  script = { [CHAT]: [say(502, failed, { 'x-should-retry': 'false' })] }

  const error = await heard(sluice.stream('m', HI)).catch((error) => error)

  assert.deepEqual([error.code, asked.length], ['all_targets_failed', 1])
})

for (const [what, leave] of [
  ['by a break', async () => {
    for await (const word of sluice.stream('m', HI)) if (word) break
  }],
  ['by a signal', async () => {
    const left = new AbortController()
    await assert.rejects(async () => {
      for await (const word of sluice.stream('m', HI, { signal: left.signal })) if (word) left.abort()
    }, { name: 'AbortError' })
  }],
  ['by its own patience', async () => {
    await assert.rejects(heard(sluice.stream('m', HI, { silenceMs: 100 })), Unreachable)
  }],
]) {
  test(`who leaves ends the call: ${what}`, async () => {
    script = { [CHAT]: [say(200, begun, SSE, HANG)] }
    const closed = new Promise((done) => server.once('connection', (socket) => socket.once('close', done)))

    await leave()

    await closed
    assert.equal(asked.length, 1)
  })
}

const signed = JSON.parse(process.env.SIGNED ?? '{}')

test('a message is good under either secret while they are rotated', { skip: !signed.body }, async () => {
  for (const secret of signed.secrets) {
    const found = await verifyWebhook(signed.body, signed.headers, secret, { now: 1010 })
    assert.deepEqual(found, JSON.parse(signed.body))
  }
})

for (const [what, change, words] of [
  ['changed', { body: `${signed.body} ` }, /no signature/],
  ['of a strange secret', { secrets: `whsec_${btoa('c'.repeat(32))}` }, /no signature/],
  ['old', { now: 1301 }, /signed more than 300 s away/],
  ['of the future', { now: 699 }, /signed more than 300 s away/],
  ['not signed', { headers: {} }, /missing/],
]) {
  test(`a message is not believed that is ${what}`, { skip: !signed.body }, async () => {
    const { body, headers, secrets, now } = { ...signed, now: 1000, ...change }

    await assert.rejects(verifyWebhook(body, headers, secrets, { now }), (error) => {
      assert.ok(error instanceof WebhookInvalid)
      assert.match(error.message, words)
      return true
    })
  })
}
