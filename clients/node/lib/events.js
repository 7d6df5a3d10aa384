// Server-sent events out of a body that comes in pieces.
// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html

/**
 * Yield the events of a body; the data of the mark that ends a chat is null.
 * @param told gets `retryMs`, what the server wants to be left alone for
 * @param silent is aborted when nothing has come for `silenceMs`
 */
export async function* eventsOf(body, told, silenceMs, silent) {
  const decoder = new TextDecoder()
  let held = ''
  let fields = {}
  const wait = () => setTimeout(() => silent.abort(), silenceMs)
  let timer = wait()
  try {
    for await (const piece of body) {
      clearTimeout(timer)
      timer = wait()
      const lines = (held + decoder.decode(piece, { stream: true })).replaceAll('\r\n', '\n').split('\n')
      held = lines.pop()
      for (const line of lines) {
        if (line) take(fields, line, told)
        else if ('data' in fields) {
          yield { ...('id' in fields && { id: fields.id }), name: fields.event ?? 'message', data: dataOf(fields.data) }
          fields = {}
        } else fields = {}
      }
    }
  } finally {
    clearTimeout(timer)
  }
}

function dataOf(text) {
  return text === '[DONE]' ? null : JSON.parse(text)
}

function take(fields, line, told) {
  const colon = line.indexOf(':')
  const name = colon < 0 ? line : line.slice(0, colon)
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
  if (name === 'retry' && /^\d+$/.test(value)) told.retryMs = Number(value)
  else if (name === 'data' && 'data' in fields) fields.data += `\n${value}`
  else if (name) fields[name] = value
}
