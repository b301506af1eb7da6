/** gRPC's message framing: a byte that says "not compressed", the length in four bytes, the message. No I/O. */

/** What BuildKit itself takes at most in one message. */
export const largestMessage = 16 * 1024 * 1024
const prefix = 5

export const frame = (message: Uint8Array): Buffer => {
  const framed = Buffer.allocUnsafe(prefix + message.length)
  framed.writeUInt8(0, 0)
  framed.writeUInt32BE(message.length, 1)
  framed.set(message, prefix)
  return framed
}

/** Cuts a byte stream back into messages. */
export class Deframer {
  #chunks: Array<Buffer> = []
  #size = 0

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
  }

  /** The next whole message; undefined until more bytes came. Throws on what is no gRPC of ours. */
  next(): Buffer | undefined {
    if (this.#size < prefix) return undefined
    const head = this.#join(prefix)
    if (head.readUInt8(0) !== 0) throw new Error("a compressed gRPC message, which nobody asked for")
    const length = head.readUInt32BE(1)
    if (length > largestMessage) throw new Error(`a gRPC message of ${length} bytes`)
    if (this.#size < prefix + length) return undefined
    const whole = this.#join(prefix + length)
    const rest = whole.subarray(prefix + length)
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#size = rest.length
    return whole.subarray(prefix, prefix + length)
  }

  /** Bytes of a message that did not end. */
  get pending(): number {
    return this.#size
  }

  /** One buffer with at least so many bytes; chunks are joined only when a message spans them. */
  #join(least: number): Buffer {
    const [first] = this.#chunks
    if (first !== undefined && first.length >= least) {
      if (this.#chunks.length > 1 && least > prefix) {
        const joined = Buffer.concat(this.#chunks)
        this.#chunks = [joined]
        return joined
      }
      return first
    }
    const joined = Buffer.concat(this.#chunks)
    this.#chunks = [joined]
    return joined
  }
}
