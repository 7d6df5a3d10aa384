// The AI SDK's package for MiniMax: clips of the second version. The SDK itself is the one at the root.
import { createMiniMax } from '@ai-sdk/minimax'
import { experimental_generateVideo as generateVideo } from 'ai'
import { base, broken, bytes, save, tell } from './sandbox.mjs'

const minimax = createMiniMax({ apiKey: 'key', videoBaseURL: `${base}/minimax` })
const film = (asked = {}) =>
  generateVideo({
    model: minimax.video('MiniMax-H3'),
    prompt: 'a red fox',
    providerOptions: { minimax: { pollIntervalMs: 50, resolution: '768P' } },
    maxRetries: 0,
    download: async ({ url }) => ({ data: await bytes(url), mediaType: 'video/mp4' }), // its own refuses this machine
    ...asked,
  })

const picture = { text: 'a red fox', image: 'https://example.com/a.png' }
const [words, moved] = await Promise.all([film({ duration: 4, aspectRatio: '9:16' }), film({ prompt: picture })])
save('words.mp4', words.video.uint8Array)
tell('words', { warnings: words.warnings, usage: words.providerMetadata.minimax.usage })
tell('picture', { warnings: moved.warnings })
tell('failed', await broken('minimax', { kind: 'fail_after_accept' }, film))
tell('moderated', await broken('minimax', { kind: 'moderation', on: 'job' }, film))
tell('limited', await broken('minimax', { kind: 'status', status: 429 }, film))
