/**
 * BuildKit's progress, which the engine sends as base64 protobuf (`moby.buildkit.v1.StatusResponse`): steps, their ends and
 * what they print. Reads the few fields that are shown; unknown ones are skipped.
 */

export interface BuildStep {
  readonly digest: string
  readonly name: string
  readonly error: string
  readonly completed: boolean
}

export interface BuildStatus {
  readonly steps: ReadonlyArray<BuildStep>
  readonly logs: ReadonlyArray<{ readonly digest: string; readonly text: string }>
}

interface Field {
  readonly number: number
  readonly bytes: Uint8Array
}

const variableLength = 2
const fixed: Readonly<Record<number, number>> = { 1: 8, 5: 4 }

/** The fields of a message; numbers are given as present (empty bytes), because only texts and messages are read here. */
const fields = (message: Uint8Array): ReadonlyArray<Field> => {
  const found: Array<Field> = []
  let offset = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; offset < message.length; factor *= 128) {
      const byte = message[offset++] ?? 0
      value += (byte & 0x7f) * factor
      if (byte < 0x80) break
    }
    return value
  }
  while (offset < message.length) {
    const key = varint()
    const kind = key & 7
    if (kind === 0) {
      varint()
      found.push({ number: key >>> 3, bytes: new Uint8Array(0) })
      continue
    }
    const length = kind === variableLength ? varint() : (fixed[kind] ?? message.length)
    found.push({ number: key >>> 3, bytes: message.subarray(offset, offset + length) })
    offset += length
  }
  return found
}

const decoder = new TextDecoder()
const textOf = (list: ReadonlyArray<Field>, number: number): string =>
  decoder.decode(list.find((field) => field.number === number)?.bytes)

export const decodeBuildStatus = (base64: string): BuildStatus => {
  const top = fields(Buffer.from(base64, "base64"))
  return {
    steps: top
      .filter(({ number }) => number === 1)
      .map(({ bytes }) => {
        const vertex = fields(bytes)
        return {
          digest: textOf(vertex, 1),
          name: textOf(vertex, 3),
          completed: vertex.some(({ number }) => number === 6),
          error: textOf(vertex, 7),
        }
      }),
    logs: top
      .filter(({ number }) => number === 3)
      .map(({ bytes }) => {
        const log = fields(bytes)
        return { digest: textOf(log, 1), text: textOf(log, 4) }
      }),
  }
}
