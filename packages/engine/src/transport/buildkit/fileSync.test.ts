// The sending side of file sync against a receiver played by the test.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire"
import { afterEach, beforeEach, expect, test } from "vitest"
import { fileSync } from "./fileSync.ts"
import { GrpcFailure } from "./grpc.ts"

let root = ""
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "windflow-sync-"))
})
afterEach(() => rmSync(root, { recursive: true }))

const request = (type: number, id: number, data = ""): Buffer => {
  const writer = new BinaryWriter()
  writer.tag(1, WireType.Varint).int32(type).tag(3, WireType.Varint).uint32(id)
  writer.tag(4, WireType.LengthDelimited).bytes(Buffer.from(data))
  return Buffer.from(writer.finish())
}
const ask = (id: number) => request(1, id)
const finish = request(3, 0)

/** Type, file and bytes of a packet that was sent. */
const read = (packet: Uint8Array) => {
  const found = { type: 0, id: 0, path: "", data: "" }
  const reader = new BinaryReader(packet)
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    if (number === 1) found.type = reader.int32()
    else if (number === 3) found.id = reader.uint32()
    else if (number === 4) found.data = Buffer.from(reader.bytes()).toString()
    else if (number === 2) {
      const stat = new BinaryReader(reader.bytes())
      const [field] = stat.tag()
      expect(field).toBe(1)
      found.path = stat.string()
    } else reader.skip(wire, number)
  }
  return found
}
type Packet = ReturnType<typeof read>

/** Calls the method; `react` says what the receiver answers to a packet. */
const sync = async (
  react: (packet: Packet) => ReadonlyArray<Buffer> | "hang up",
  metadata: Record<string, ReadonlyArray<string>> = {},
) => {
  const failed: Array<string> = []
  const sent: Array<Packet> = []
  const incoming: Array<Buffer> = []
  let over = false
  let wake: () => void = () => undefined
  async function* messages(): AsyncGenerator<Buffer, void> {
    for (;;) {
      const next = incoming.shift()
      if (next !== undefined) yield next
      else if (over) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  const method = fileSync(new Map([["context", root]]), (folder, error) =>
    failed.push(`${folder}: ${error instanceof Error ? error.message : String(error)}`),
  )["/moby.filesync.v1.FileSync/DiffCopy"]!
  const outcome = await method({
    metadata: new Map(Object.entries({ "dir-name": ["context"], ...metadata })),
    messages: messages(),
    send: async (message) => {
      const packet = read(message)
      sent.push(packet)
      const answers = react(packet)
      if (answers === "hang up") over = true
      else incoming.push(...answers)
      wake()
    },
  }).then(
    () => undefined,
    (error: unknown) => error,
  )
  return { sent, failed, outcome }
}

test("names first, then the bytes of what is asked for, then the end", async () => {
  writeFileSync(join(root, "a"), "one")
  writeFileSync(join(root, "b"), "x".repeat(200_000))
  writeFileSync(join(root, "c"), "")
  let ended = 0
  const { sent, outcome } = await sync(({ type, path, data }) => {
    if (type === 0 && path === "") return [ask(1), ask(2)]
    if (type === 2 && data === "") return ++ended === 2 ? [finish] : []
    return []
  })
  expect(outcome).toBeUndefined()
  expect(sent.filter(({ type }) => type === 0).map(({ path }) => path)).toEqual(["a", "b", "c", ""])
  const bytes = (id: number) =>
    sent
      .filter((packet) => packet.type === 2 && packet.id === id)
      .map(({ data }) => data)
      .join("")
  expect(bytes(0)).toBe("")
  expect(bytes(1)).toBe("x".repeat(200_000))
  expect(sent.at(-1)).toMatchObject({ type: 3 })
})

test("what is left out and what is asked for come with the call; other than ASCII letters are encoded", async () => {
  for (const name of ["a, b", "c", "ü"]) writeFileSync(join(root, name), "")
  const names = async (metadata: Record<string, ReadonlyArray<string>>) => {
    const { sent } = await sync(({ path, type }) => (type === 0 && path === "" ? [finish] : []), metadata)
    return sent.filter(({ path }) => path !== "").map(({ path }) => path)
  }
  expect(await names({ "exclude-patterns": ["a, b"] })).toEqual(["c", "ü"])
  expect(await names({ followpaths: ["%C3%BC", "a%2C+b"], "followpaths-encoded": ["1"] })).toEqual(["a, b", "ü"])
})

test("a file that cannot be read ends the sync on both sides, with its reason", async () => {
  writeFileSync(join(root, "gone"), "x")
  const { sent, failed, outcome } = await sync(({ type, path }) => {
    if (type === 4) return "hang up"
    if (type !== 0 || path !== "") return []
    rmSync(join(root, "gone"))
    return [ask(0)]
  })
  expect(sent.at(-1)).toMatchObject({ type: 4, data: expect.stringContaining("ENOENT") })
  expect(failed).toEqual([expect.stringMatching(/^\/.*ENOENT/)])
  expect(outcome).toMatchObject({ code: "ENOENT" })
})

test("folders and files that were not offered, and a receiver that gives up", async () => {
  writeFileSync(join(root, "a"), "one")
  const other = await sync(() => [], { "dir-name": ["/etc"] })
  expect(other.outcome).toBeInstanceOf(GrpcFailure)
  expect(other.outcome).toMatchObject({ code: 5 })
  expect(other.sent).toEqual([])
  const unknown = await sync(({ type, path }) => (type === 0 && path === "" ? [ask(7)] : []))
  expect(unknown.outcome).toMatchObject({ code: 3 })
  const gaveUp = await sync(({ type, path }) => (type === 0 && path === "" ? [request(4, 0, "disk full")] : []))
  expect(gaveUp.outcome).toMatchObject({ message: "disk full" })
  expect(gaveUp.failed).toEqual([])
})
