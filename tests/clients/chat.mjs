// Chats by OpenAI's client for Node and by the AI SDK; one line of JSON for each.
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { embedMany, generateObject, generateText, jsonSchema, streamText, tool } from 'ai'
import OpenAI from 'openai'

const [base, key] = process.argv.slice(2)
const model = 'meta/llama-3.3-70b-instruct'
const hi = [{ role: 'user', content: 'Count the waves' }]
const show = (name, line) => console.log(JSON.stringify({ name, ...line }))

const openai = new OpenAI({ baseURL: `${base}/v1`, apiKey: key, maxRetries: 0 })
const whole = await openai.chat.completions.create({ model, messages: hi })
show('whole', { text: whole.choices[0].message.content, cost: whole.usage.cost, id: whole._request_id })

const times = []
let streamed = ''
for await (const chunk of await openai.chat.completions.create({ model, messages: hi, stream: true })) {
  times.push(Date.now())
  streamed += chunk.choices[0]?.delta?.content ?? ''
}
show('stream', { text: streamed, took_ms: times.at(-1) - times[0] })

try {
  await openai.chat.completions.create({ model, messages: hi, temprature: 1 })
} catch (error) {
  show('error', { kind: error.constructor.name, code: error.code, param: error.param, status: error.status })
}
// A network on which somebody in between answers first.
const spoiled = () => {
  const tries = []
  const busy = { status: 429, headers: { 'content-type': 'application/json', 'retry-after-ms': '20' } }
  const first = () => new Response('{"error":{"message":"slow down","code":"rate_limited"}}', busy)
  return { tries, fetch: async (...call) => (tries.push(call) === 1 ? first() : fetch(...call)) }
}
const network = spoiled()
const stubborn = new OpenAI({ baseURL: `${base}/v1`, apiKey: key, fetch: network.fetch })
const again = await stubborn.chat.completions.create({ model, messages: hi })
show('again', { text: again.choices[0].message.content, tries: network.tries.length })

const left = await openai.chat.completions.create({ model, messages: hi, stream: true })
for await (const chunk of left) {
  show('left', { id: chunk.id })
  break
}

const vectors = await openai.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] })
show('embeddings', { sizes: vectors.data.map((each) => each.embedding.length) })

const sluice = createOpenAICompatible({ name: 'sluice', baseURL: `${base}/v1`, apiKey: key, includeUsage: true, supportsStructuredOutputs: true })
const text = await generateText({ model: sluice(model), prompt: 'Count the waves' })
show('ai whole', { text: text.text, tokens: text.usage.totalTokens })

const stream = streamText({ model: sluice(model), prompt: 'Count the waves' })
let told = ''
for await (const part of stream.textStream) told += part
show('ai stream', { text: told, tokens: (await stream.usage).totalTokens })

const weather = tool({
  description: 'tells the weather',
  inputSchema: jsonSchema({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }),
  execute: async ({ city }) => `sunny in ${city}`,
})
const called = await generateText({ model: sluice('openai/gpt-4.1-mini'), prompt: "The weather in 'Oslo'?", tools: { weather } })
show('ai tool', { results: called.toolResults.map((each) => each.output) })

const made = await generateObject({
  model: sluice('openai/gpt-4.1-mini'),
  prompt: "Who is 'Ada'?",
  schema: jsonSchema({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'], additionalProperties: false }),
})
show('ai object', { object: made.object })

const embedded = await embedMany({ model: sluice.embeddingModel('text-embedding-3-small'), values: ['a', 'b'] })
show('ai embeddings', { sizes: embedded.embeddings.map((each) => each.length) })

const unsteady = spoiled()
const patient = createOpenAICompatible({ name: 'sluice', baseURL: `${base}/v1`, apiKey: key, fetch: unsteady.fetch })
const second = await generateText({ model: patient(model), prompt: 'Count the waves' })
show('ai again', { text: second.text, tries: unsteady.tries.length })

const mistake = await generateText({ model: sluice('claude-sonet'), prompt: 'Hi' }).catch((error) => error)
show('ai error', { kind: mistake.name, status: mistake.statusCode, message: mistake.message })

let id
const noted = async (...call) => {
  const answer = await fetch(...call)
  id = answer.headers.get('x-sluice-job')
  return answer
}
const stop = new AbortController()
const leaving = createOpenAICompatible({ name: 'sluice', baseURL: `${base}/v1`, apiKey: key, fetch: noted })
const heard = streamText({ model: leaving(model), prompt: 'Count the waves', abortSignal: stop.signal })
for await (const part of heard.textStream) if (part) stop.abort()
show('ai left', { id })

const theirs = createOpenAI({ baseURL: `${base}/v1`, apiKey: key })
const response = await generateText({ model: theirs.responses(model), prompt: 'Count the waves' })
show('ai response', { text: response.text, tokens: response.usage.totalTokens })
let events = ''
for await (const part of streamText({ model: theirs.responses(model), prompt: 'Count the waves' }).textStream) events += part
show('ai response stream', { text: events })
