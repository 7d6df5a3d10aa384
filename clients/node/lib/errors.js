// What can go wrong, as a caller tells it apart.

/** The gateway refused a call; `code` is stable, the text is for people. */
export class SluiceError extends Error {
  constructor(message, { code, status = null, param = null, retryable = false, jobId = null, cause } = {}) {
    super(message, { cause })
    this.name = new.target.name
    Object.assign(this, { code, status, param, retryable, jobId })
  }
}

/** A job ended without a result; `job` is all that is known of it. */
export class JobFailed extends SluiceError {
  constructor(job) {
    const error = job.error ?? { code: job.status, message: 'no reason was given', retryable: false }
    super(`${job.id} ${job.status}: ${error.message}`, { code: error.code, retryable: error.retryable, jobId: job.id })
    this.job = job
  }
}

/** A job has not ended in the time that its caller gave it; it goes on. */
export class WaitTimedOut extends SluiceError {
  constructor(jobId, timeoutMs) {
    const message = `${jobId} has not ended after ${timeoutMs / 1000} s; it goes on.`
    super(message, { code: 'wait_timed_out', retryable: true, jobId })
  }
}

/** No answer came, as often as it was tried, or it broke off. */
export class Unreachable extends SluiceError {
  constructor(message, { cause, jobId } = {}) {
    super(message, { code: 'unreachable', cause, jobId })
  }
}

/** A message that the gateway did not sign, or not now: do not act on it. */
export class WebhookInvalid extends Error {
  name = 'WebhookInvalid'
}

/** Read an error; of an answer that is none of ours only the status is known. */
export async function errorOf(answer) {
  const said = await answer.json().catch(() => null)
  const error = said?.error
  if (typeof error !== 'object' || error === null) {
    return new SluiceError(`the answer was ${answer.status}`, { code: `http_${answer.status}`, status: answer.status })
  }
  return errorIn(error, answer.status)
}

/** Read what an answer says of an error, or a stream that had begun with another status. */
export function errorIn({ code, message, param, retryable, job_id: jobId }, status) {
  return new SluiceError(message, { code, status, param, retryable, jobId })
}
