// A client that others made for Kling, which has none of its own in a registry: clips and pictures as tasks.
import { KlingAPI } from 'kling-api'
import { base, broken, bytes, folder, refused, save, tell } from './sandbox.mjs'

const kling = new KlingAPI({ accessKey: 'access', secretKey: 'secret', baseUrl: `${base}/kling` })
const patience = { interval: 50, showSpinner: false }
const film = { model_name: 'kling-v2-6', prompt: 'a red fox', mode: 'std', duration: '5', aspect_ratio: '1:1' }
const filmed = async () => kling.waitForVideoResult((await kling.textToVideo(film)).data.task_id, undefined, patience)

async function moved() {
  const { data } = await kling.imageToVideo({ ...film, aspect_ratio: undefined, image: `${folder}/photo.png` })
  return kling.waitForVideoResult(data.task_id, (id) => kling.queryImageToVideoTask(id), patience)
}

async function drawn() {
  const asked = { model_name: 'kling-v2', prompt: 'a red fox', n: 2, aspect_ratio: '16:9' }
  return kling.waitForImageResult((await kling.generateImage(asked)).data.task_id, undefined, patience)
}

const [words, picture, drawing] = (await Promise.all([filmed(), moved(), drawn()])).map(({ data }) => data.task_result)
save('words.mp4', await bytes(words.videos[0].url))
save('picture.mp4', await bytes(picture.videos[0].url))
for (const { index, url } of drawing.images) save(`${index}.png`, await bytes(url))

tell('failed', await broken('kling', { kind: 'fail_after_accept' }, filmed))
tell('moderated', await broken('kling', { kind: 'moderation', on: 'job' }, filmed))
tell('refused', await broken('kling', { kind: 'moderation' }, filmed))
tell('limited', await broken('kling', { kind: 'status', status: 429 }, filmed))
tell('unknown', await refused(() => kling.queryTextToVideoTask('nobody')))
