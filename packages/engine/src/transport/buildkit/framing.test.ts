import { expect, test } from "vitest"
import { Deframer, frame, largestMessage } from "./framing.ts"

const messages = [Buffer.from("one"), Buffer.alloc(0), Buffer.alloc(100_000, 7), Buffer.from("last")]
const bytes = Buffer.concat(messages.map(frame))

test.each([1, 3, 5, 7, 4096, bytes.length])("messages are cut out of chunks of %i bytes", (size) => {
  const deframer = new Deframer()
  const found: Array<Buffer> = []
  for (let offset = 0; offset < bytes.length; offset += size) {
    deframer.push(bytes.subarray(offset, offset + size))
    for (let message = deframer.next(); message !== undefined; message = deframer.next()) found.push(message)
  }
  expect(found.map((message) => Buffer.compare(message, messages[found.indexOf(message)]!))).toEqual([0, 0, 0, 0])
  expect(deframer.pending).toBe(0)
})

test("a message that is compressed, or too long, is refused", () => {
  const compressed = frame(Buffer.from("x"))
  compressed.writeUInt8(1, 0)
  const one = new Deframer()
  one.push(compressed)
  expect(() => one.next()).toThrow("compressed")
  const long = frame(Buffer.from("x"))
  long.writeUInt32BE(largestMessage + 1, 1)
  const other = new Deframer()
  other.push(long)
  expect(() => other.next()).toThrow("bytes")
})
