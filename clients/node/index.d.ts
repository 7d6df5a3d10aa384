// The documents of the API as they come; fields that are new here may be there too.
export type Status = 'queued' | 'running' | 'delivering' | 'succeeded' | 'failed' | 'canceled' | 'expired'

/** A delivered file; its link works without a key until retention ends. */
export interface Output {
  url: string
  content_type: string
  bytes: number
  sha256: string
  width: number | null
  height: number | null
  duration_s: number | null
}

/** What a job costs at list price; amounts are decimal texts. */
export interface Cost {
  usd: string | null
  status: 'pending' | 'final' | 'unpriced'
  billed_to: string
  lines: Record<string, string>[]
}

/** One try of one target. */
export interface Attempt {
  n: number
  provider: string
  model: string
  region: string
  status: string
  queued_ms: number | null
  provider_ms: number | null
  error: { class: string; code: string; message: string } | null
}

export interface Job {
  id: string
  object: 'job'
  status: Status
  model: string
  operation: string
  created_at: string
  started_at: string | null
  finished_at: string | null
  progress: number | null
  expected_start_at: string | null
  outputs: Output[]
  output_url: string | null
  cost: Cost
  attempts: Attempt[]
  seed: number | null
  customer_id: string | null
  metadata: Record<string, string>
  error: { code: string; message: string; retryable: boolean } | null
}

/** Something that happened to a job; of its end, `data` is the job. Without `id` the job was looked at instead. */
export interface Event {
  id?: string
  name: string
  data: any
}

/** What an answer took in tokens and costs in US dollars; `estimated` where the provider told no counts. */
export interface Usage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  cost: number | null
  estimated?: true
}

/** A piece of an answer, in OpenAI's form; `id` is the job's, `model` the one that answers. */
export interface Chunk {
  id: string
  model: string
  provider: string
  choices: { index: number; delta: Record<string, any>; finish_reason?: string | null }[]
  usage: Usage | null
}

/**
 * What a model says, to be iterated over once: word by word, or by `chunks` with all that is in them.
 * Who leaves before the end, by `break` or by the signal, ends the call and pays for what came.
 */
export class Stream implements AsyncIterable<string> {
  private constructor()
  /** The job's id, once it speaks. */
  readonly jobId: string | null
  /** Why it ended: `stop`, `length`, `tool_calls`, ... */
  readonly finishReason: string | null
  /** What it took and cost, at its end. */
  readonly usage: Usage | null
  [Symbol.asyncIterator](): AsyncGenerator<string, void>
  chunks(): AsyncGenerator<Chunk, void>
}

/** What steers the gateway, beside the model's parameters. */
export interface Options {
  idempotencyKey?: string
  fallback?: string[]
  byok?: Record<string, string>
  webhook_url?: string
  customer_id?: string
  metadata?: Record<string, string>
  region?: string
  deadline?: string
  delivery?: { retention?: string; destination?: string }
  max_usd?: number
  operation?: string
}

/** What steers the gateway where a model speaks; `provider` as OpenRouter has it. */
export interface TalkOptions extends Omit<Options, 'idempotencyKey' | 'webhook_url' | 'delivery' | 'operation'> {
  provider?: Record<string, unknown>
  silenceMs?: number
  signal?: AbortSignal
}

export interface Waiting {
  timeoutMs?: number
  signal?: AbortSignal
}

/** A gateway, as seen by one key. */
export class Sluice {
  /**
   * @param settings.baseUrl, apiKey `SLUICE_BASE_URL` and `SLUICE_API_KEY` where they are absent
   * @param settings.tries how often a call is sent at most when the gateway is busy or does not answer
   */
  constructor(settings?: {
    baseUrl?: string
    apiKey?: string
    tries?: number
    fetch?: typeof fetch
    sleep?: (ms: number) => Promise<void>
  })
  /** Start a job and return at once; sent twice by a retry, it is one. */
  submit(model: string, input: Record<string, unknown>, options?: Options): Promise<Job>
  /** Start a job and see it through. */
  run(
    model: string,
    input: Record<string, unknown>,
    options?: Options & Waiting & { onEvent?: (event: Event) => void },
  ): Promise<Job>
  /** Wait for a job's end; throws `JobFailed` or `WaitTimedOut`. */
  wait(job: Job | string, options?: Waiting & { onEvent?: (event: Event) => void }): Promise<Job>
  /**
   * Hear what a model says, as it says it; the call is made when the answer is first iterated over.
   * @param input `messages`, and parameters of the model
   * @param options.silenceMs how long to wait for the next words; models that think may take their time
   */
  stream(model: string, input: Record<string, unknown>, options?: TalkOptions): Stream
  /** What happens to a job until it has ended; the last event has the job, however it ended. */
  events(job: Job | string, options?: Waiting): AsyncGenerator<Event, void>
  job(id: string): Promise<Job>
  /** Cancel a job, also at its provider where that can be done. */
  cancel(id: string): Promise<Job>
  models(): Promise<Record<string, any>[]>
  /** Send a file; the reference stands for it in an input for a day. */
  upload(file: Blob | Uint8Array | ArrayBuffer, contentType?: string): Promise<string>
}

export class SluiceError extends Error {
  code: string
  status: number | null
  param: string | null
  retryable: boolean
  jobId: string | null
}
export class JobFailed extends SluiceError {
  job: Job
}
export class WaitTimedOut extends SluiceError {}
export class Unreachable extends SluiceError {}
export class WebhookInvalid extends Error {}

/** Return a message that the gateway has signed with one of the secrets (`whsec_...`), not long ago. */
export function verifyWebhook(
  body: string | Uint8Array,
  headers: HeadersInit,
  secrets: string | string[],
  options?: { toleranceS?: number; now?: number },
): Promise<any>
