/** What a build may ask of the user's SSH agent: its list of keys and signatures. Adding, removing and locking are refused. */

const identities = 11
const sign = 13
/** `SSH_AGENT_FAILURE` */
const failure = Buffer.from([0, 0, 0, 1, 5])
/** Longer than any request of these two kinds. */
const largest = 256 * 1024

/** Fed with the bytes a build sends; says which of them go on to the agent, and what is answered in its place. */
export const filterAgentRequests = (): ((bytes: Buffer) => { readonly pass: Buffer; readonly answer: Buffer }) => {
  let pending: Buffer = Buffer.alloc(0)
  return (bytes) => {
    pending = Buffer.concat([pending, bytes])
    const pass: Array<Buffer> = []
    const answer: Array<Buffer> = []
    while (pending.length >= 5) {
      const length = pending.readUInt32BE(0)
      if (length === 0 || length > largest) throw new Error(`a request of ${length} bytes to the SSH agent`)
      if (pending.length < 4 + length) break
      const request = pending.subarray(0, 4 + length)
      pending = pending.subarray(4 + length)
      const kind = request.readUInt8(4)
      if (kind === identities || kind === sign) pass.push(request)
      else answer.push(failure)
    }
    return { pass: Buffer.concat(pass), answer: Buffer.concat(answer) }
  }
}
