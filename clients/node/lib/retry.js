// Which answers are tried again, and when.
const RETRIED = [429, 500, 502, 503, 504]
// Longer than this nobody is made to wait between two tries.
const LONGEST_PAUSE_MS = 60_000
const FIRST_PAUSE_MS = 500
const LAST_PAUSE_MS = 8000

/** How long to wait before a call is sent again; null where that is of no use. No answer at all is worth a try. */
export function pauseMs(answer, tries) {
  if (answer && !RETRIED.includes(answer.status)) return null
  if (answer?.headers.get('x-should-retry') === 'false') return null
  const said = answer?.headers.get('retry-after') ?? ''
  if (/^\d+$/.test(said)) return said * 1000 <= LONGEST_PAUSE_MS ? said * 1000 : null
  return Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)) * (0.5 + Math.random() / 2)
}
