// Tell the gateway's webhooks from others'.
// Source: github.com/standard-webhooks/standard-webhooks, spec 1.0.0.
import { WebhookInvalid } from './errors.js'

const TOLERANCE_S = 300
const HMAC = { name: 'HMAC', hash: 'SHA-256' }

/** Return a message that the gateway has signed with one of the secrets, not long ago. */
export async function verifyWebhook(body, headers, secrets, { toleranceS = TOLERANCE_S, now = Date.now() / 1000 } = {}) {
  const named = new Headers(headers)
  const [id, at, said] = ['id', 'timestamp', 'signature'].map((part) => named.get(`webhook-${part}`) ?? '')
  if (!id || !said || !/^\d+$/.test(at)) {
    throw new WebhookInvalid('webhook-id, webhook-timestamp or webhook-signature is missing or no such thing')
  }
  if (Math.abs(now - Number(at)) > toleranceS) {
    throw new WebhookInvalid(`the message was signed more than ${toleranceS} s away from now`)
  }
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  const signed = new TextEncoder().encode(`${id}.${at}.${text}`)
  const given = said.split(' ').filter((part) => part.startsWith('v1,')).map((part) => bytes(part.slice(3)))
  for (const secret of [secrets].flat()) {
    const key = await crypto.subtle.importKey('raw', bytes(secret.replace(/^whsec_/, '')), HMAC, false, ['verify'])
    for (const mac of given) if (await crypto.subtle.verify('HMAC', key, mac, signed)) return JSON.parse(text)
  }
  throw new WebhookInvalid('no signature of the message is from any of these secrets')
}

function bytes(base64) {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
  } catch {
    return new Uint8Array()
  }
}
