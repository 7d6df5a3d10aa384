// What a model says, as it says it.

/** An answer to be iterated over, once: word by word, or by `chunks` with all that is in them. */
export class Stream {
  jobId = null
  finishReason = null
  usage = null
  #told

  constructor(told) {
    this.#told = told
  }

  async *[Symbol.asyncIterator]() {
    for await (const chunk of this.chunks()) {
      const words = chunk.choices[0]?.delta.content
      if (words) yield words
    }
  }

  async *chunks() {
    for await (const chunk of this.#told) {
      this.jobId = chunk.id
      this.usage = chunk.usage ?? this.usage
      for (const choice of chunk.choices) this.finishReason = choice.finish_reason ?? this.finishReason
      yield chunk
    }
  }
}
