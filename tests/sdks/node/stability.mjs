// A client that others made for Stability, whose own speaks an older API; nothing but the host is changed.
import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import { base, broken, folder, refused, tell } from './sandbox.mjs'

const require = createRequire(import.meta.url)
const { default: StabilityAI } = require('stability-ai')
require('axios').interceptors.request.use((asked) => {
  asked.url = asked.url.replace('https://api.stability.ai', `${base}/stability`)
  return asked
})
const { generate, edit, control, upscale, results } = new StabilityAI('key').v2beta.stableImage
const photo = `${folder}/photo.png`

tell('core', await generate.core('a red fox', { aspectRatio: '16:9', outputFormat: 'webp', seed: 7 }))
const changed = { mode: 'image-to-image', image: photo, strength: 0.5, model: 'sd3.5-large' }
tell('sd3', await generate.sd3('a red fox', changed))
tell('inpaint', await edit.inpaint(photo, 'a hat', { mask: photo }))
tell('structure', await control.structure(photo, 'a castle'))

const { id } = await upscale.startCreative(photo, 'a red fox')
let result = await results.fetchAsyncGenerationResult(id)
tell('begun', result)
while (result.status === 'in-progress') {
  await pause(50)
  result = await results.fetchAsyncGenerationResult(id)
}
tell('upscaled', result)

const draw = () => generate.core('a red fox')
tell('filtered', await broken('stability', { kind: 'moderation', on: 'job' }, draw))
tell('moderated', await broken('stability', { kind: 'moderation' }, draw))
tell('unauthorized', await broken('stability', { kind: 'status', status: 401 }, draw))
tell('limited', await broken('stability', { kind: 'status', status: 429 }, draw))
tell('invalid', await refused(() => generate.core('a red fox', { aspectRatio: '7:5' })))
tell('unknown', await refused(() => results.fetchAsyncGenerationResult('nobody')))
