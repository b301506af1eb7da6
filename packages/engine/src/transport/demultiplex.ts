/**
 * Docker's multiplexed streams: 8 bytes of header (stream number, three zeros, length, big endian), then so many bytes. A
 * Stream in, a Stream out: nothing is read before somebody pulls, payloads are never joined again, a frame may be cut anywhere.
 */
import { Stream } from "effect"

export interface Frame {
  readonly stream: "stdout" | "stderr"
  readonly bytes: Uint8Array
}

const headerLength = 8

interface State {
  /** Header bytes seen so far, when a header is cut. */
  readonly header: Uint8Array
  readonly stream: Frame["stream"]
  /** Payload bytes of the current frame still to come. */
  readonly remaining: number
}

const start: State = { header: new Uint8Array(0), stream: "stdout", remaining: 0 }

const lengthOf = (header: Uint8Array): number =>
  ((header[4] ?? 0) * 0x1_00_00_00 + ((header[5] ?? 0) << 16) + ((header[6] ?? 0) << 8) + (header[7] ?? 0)) >>> 0

/** One chunk of bytes: the new state, and the (parts of) frames it completes. */
const step = (state: State, chunk: Uint8Array): readonly [State, ReadonlyArray<Frame>] => {
  const frames: Array<Frame> = []
  let { header, stream, remaining } = state
  let offset = 0
  while (offset < chunk.length) {
    if (remaining > 0) {
      const bytes = chunk.subarray(offset, offset + remaining)
      frames.push({ stream, bytes })
      remaining -= bytes.length
      offset += bytes.length
      continue
    }
    const part = chunk.subarray(offset, offset + headerLength - header.length)
    const joined = new Uint8Array(header.length + part.length)
    joined.set(header)
    joined.set(part, header.length)
    offset += part.length
    if (joined.length < headerLength) {
      header = joined
      continue
    }
    header = start.header
    stream = joined[0] === 2 ? "stderr" : "stdout"
    remaining = lengthOf(joined)
  }
  return [{ header, stream, remaining }, frames]
}

export const demultiplex = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Frame, E, R> =>
  Stream.mapAccum(bytes, () => start, step)

/** A terminal's stream is not multiplexed: everything is stdout. */
export const asStdout = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Frame, E, R> =>
  Stream.map(bytes, (bytes): Frame => ({ stream: "stdout", bytes }))

export interface TextLine {
  readonly stream: Frame["stream"]
  readonly text: string
}

interface Half {
  readonly decoder: TextDecoder
  rest: string
}

/**
 * Lines of both streams. Each stream has its own decoder, so a character split across frames stays whole; a last line without
 * an end is given at the end.
 */
export const textLines = <E, R>(frames: Stream.Stream<Frame, E, R>): Stream.Stream<TextLine, E, R> =>
  Stream.mapAccum(
    frames,
    (): Record<Frame["stream"], Half> => ({
      stdout: { decoder: new TextDecoder(), rest: "" },
      stderr: { decoder: new TextDecoder(), rest: "" },
    }),
    (halves, { stream, bytes }) => {
      const half = halves[stream]
      const parts = (half.rest + half.decoder.decode(bytes, { stream: true })).split("\n")
      half.rest = parts.pop() ?? ""
      return [halves, parts.map((text): TextLine => ({ stream, text: text.endsWith("\r") ? text.slice(0, -1) : text }))]
    },
    {
      onHalt: (halves) =>
        (["stdout", "stderr"] as const).flatMap((stream): ReadonlyArray<TextLine> => {
          const text = halves[stream].rest + halves[stream].decoder.decode()
          return text === "" ? [] : [{ stream, text }]
        }),
    },
  )
