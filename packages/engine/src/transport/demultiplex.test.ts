import { Effect, Stream } from "effect"
import { expect, test } from "vitest"
import { demultiplex, textLines } from "./demultiplex.ts"

const frame = (stream: 1 | 2, payload: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(8 + payload.length)
  bytes[0] = stream
  new DataView(bytes.buffer).setUint32(4, payload.length)
  bytes.set(payload, 8)
  return bytes
}
const utf8 = (text: string) => new TextEncoder().encode(text)
const joined = (...parts: ReadonlyArray<Uint8Array>) => Uint8Array.from(parts.flatMap((part) => [...part]))

const lines = (chunks: ReadonlyArray<Uint8Array>) =>
  Stream.fromIterable(chunks).pipe(
    demultiplex,
    textLines,
    Stream.runCollect,
    Effect.map((found) => found.map(({ stream, text }) => `${stream} ${text}`)),
    Effect.runPromise,
  )

const euro = utf8("10 €\n")
const sent = joined(
  frame(1, utf8("one\r\ntw")),
  frame(2, euro.subarray(0, 4)),
  frame(1, utf8("o\n")),
  frame(1, utf8("")),
  frame(2, euro.subarray(4)),
  frame(1, utf8("no end")),
)
const expected = ["stderr 10 €", "stdout no end", "stdout one", "stdout two"]

test("frames cut at every place give the same lines, characters whole", async () => {
  for (let size = 1; size <= sent.length; size++) {
    const chunks: Array<Uint8Array> = []
    for (let at = 0; at < sent.length; at += size) chunks.push(sent.subarray(at, at + size))
    expect((await lines(chunks)).toSorted()).toEqual(expected)
  }
})

test("reads no further than the consumer takes", async () => {
  let pulled = 0
  async function* source() {
    for (;;) {
      pulled++
      yield frame(1, utf8("line\n"))
      await Promise.resolve()
    }
  }
  const taken = await Stream.fromAsyncIterable(source(), String).pipe(
    demultiplex,
    textLines,
    Stream.take(3),
    Stream.runCollect,
    Effect.runPromise,
  )
  expect(taken).toHaveLength(3)
  expect(pulled).toBe(3)
})

test("a frame longer than 2 GiB is told by its header, not as a negative length", async () => {
  const header = new Uint8Array(8)
  header[0] = 1
  header[4] = 0x80
  expect(await lines([header, utf8("a\nb")])).toEqual(["stdout a", "stdout b"])
})
