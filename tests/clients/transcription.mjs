// Hear a file with OpenAI's own client for Node, and with the AI SDK; shows what came as one line of JSON.
import { createOpenAI } from '@ai-sdk/openai'
import { generateSpeech, transcribe } from 'ai'
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
const sluice = createOpenAI({ baseURL, apiKey })
const heard = await transcribe({ model: sluice.transcription('whisper-1'), audio: data })
const { audio } = await generateSpeech({ model: sluice.speech('openai/tts-1'), text: 'Good morning.', voice: 'nova' })
const ai = { text: heard.text, seconds: heard.durationInSeconds, spoken: audio.mediaType, bytes: audio.uint8Array.length }
console.log(JSON.stringify({ ai, text: json.text, vtt, streamed: deltas.join(''), translated: translated.text, refused }))
