import { expect, test } from "vitest"
import { filterAgentRequests } from "./agentFilter.ts"

const request = (kind: number, body = "") => {
  const bytes = Buffer.alloc(5 + body.length)
  bytes.writeUInt32BE(1 + body.length, 0)
  bytes.writeUInt8(kind, 4)
  bytes.write(body, 5)
  return bytes
}
const failed = Buffer.from([0, 0, 0, 1, 5])

test("a build may list keys and sign; adding, removing, locking and extensions are answered with a failure", () => {
  const filter = filterAgentRequests()
  const list = request(11)
  const sign = request(13, "key and data")
  const [add, remove, removeAll, lock, extension] = [
    request(17, "k"),
    request(18, "k"),
    request(19),
    request(22),
    request(27),
  ]
  expect(filter(Buffer.concat([list, add, sign, removeAll]))).toEqual({
    pass: Buffer.concat([list, sign]),
    answer: Buffer.concat([failed, failed]),
  })
  expect(filter(Buffer.concat([remove, lock, extension]))).toEqual({
    pass: Buffer.alloc(0),
    answer: Buffer.concat([failed, failed, failed]),
  })
})

test("requests may come in pieces", () => {
  const filter = filterAgentRequests()
  const sign = request(13, "abc")
  expect(filter(sign.subarray(0, 3)).pass).toEqual(Buffer.alloc(0))
  expect(filter(sign.subarray(3, 6)).pass).toEqual(Buffer.alloc(0))
  expect(filter(sign.subarray(6)).pass).toEqual(sign)
  expect(() => filterAgentRequests()(Buffer.from([0xff, 0, 0, 0, 11]))).toThrow("bytes")
})
