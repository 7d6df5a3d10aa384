// Responses by OpenAI's client for Node; one line of JSON for each.
import OpenAI from 'openai'

const [base, key] = process.argv.slice(2)
const model = 'meta/llama-3.3-70b-instruct'
const input = 'Count the waves'
const show = (name, line) => console.log(JSON.stringify({ name, ...line }))
const openai = new OpenAI({ baseURL: `${base}/v1`, apiKey: key, maxRetries: 0 })

const whole = await openai.responses.create({ model, input })
show('whole', { text: whole.output_text, status: whole.status, cost: whole.usage.cost, id: whole.id })

const times = []
let said = ''
let last
for await (const event of await openai.responses.create({ model, input, stream: true })) {
  if (event.type === 'response.output_text.delta') {
    times.push(Date.now())
    said += event.delta
  }
  last = event
}
show('stream', { text: said, type: last.type, took_ms: times.at(-1) - times[0] })

const tools = ['get_weather', 'get_clock'].map((name) => ({
  type: 'function', name, strict: false, parameters: { type: 'object', properties: { city: { type: 'string', enum: ['Rome'] } } },
}))
const asked = [{ role: 'user', content: 'weather and clock, please' }]
const calls = (await openai.responses.stream({ model, input: asked, tools }).finalResponse()).output
const results = calls.map((call) => ({ type: 'function_call_output', call_id: call.call_id, output: 'sun' }))
const after = await openai.responses.create({ model, input: [...asked, ...calls, ...results], tools })
show('tools', { calls: calls.map((call) => [call.name, JSON.parse(call.arguments)]), after: after.output[0].type })

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }
const format = { type: 'json_schema', name: 'place', schema, strict: true }
const formed = await openai.responses.create({ model, input: "Where: 'Rome'", text: { format } })
show('form', { keys: Object.keys(JSON.parse(formed.output_text)) })

for (const [name, fields] of [['memory', { previous_response_id: 'resp_1' }], ['unknown', { colour: 'red' }]]) {
  const error = await openai.responses.create({ model, input, ...fields }).catch((error) => error)
  show(name, { kind: error.constructor.name, code: error.code, status: error.status, param: error.param })
}

for await (const event of await openai.responses.create({ model: 'claude-sonnet', input, stream: true })) last = event
show('broken', { type: last.type, code: last.response.error.code })

const left = await openai.responses.create({ model, input, stream: true })
for await (const event of left) {
  if (event.type === 'response.created') show('left', { id: event.response.id })
  if (event.type === 'response.output_text.delta') left.controller.abort()
}
