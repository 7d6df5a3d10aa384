// Hear a file with OpenAI's own client for Node; shows what came as one line of JSON.
import OpenAI, { toFile } from 'openai'
import { readFile } from 'node:fs/promises'

const [baseURL, apiKey, path] = process.argv.slice(2)
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 })
const data = await readFile(path)
const hear = async (more) =>
  client.audio.transcriptions.create({ file: await toFile(data, 'a.wav'), model: 'whisper-1', ...more })

const json = await hear({})
const vtt = await hear({ response_format: 'vtt' })
const deltas = []
for await (const event of await hear({ stream: true })) deltas.push(event.delta ?? '')
const translated = await client.audio.translations.create({ file: await toFile(data, 'a.wav'), model: 'whisper-1' })
const refused = await hear({ model: 'whisper-9' }).catch((error) => [error.status, error.code, error.param])
console.log(JSON.stringify({ text: json.text, vtt, streamed: deltas.join(''), translated: translated.text, refused }))
