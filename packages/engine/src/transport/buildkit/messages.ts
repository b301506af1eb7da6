/**
 * The few protobuf messages of BuildKit that we write or read, by the field numbers of its published `.proto` files. Fields
 * nobody here uses are skipped. The wire format is `@bufbuild/protobuf`'s business.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire"

type Fields = Readonly<Record<number, (reader: BinaryReader, wire: WireType) => void>>

const read = (message: Uint8Array, fields: Fields): void => {
  const reader = new BinaryReader(message)
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    const field = fields[number]
    if (field === undefined) reader.skip(wire, number)
    else field(reader, wire)
  }
}

const writeText = (writer: BinaryWriter, number: number, text: string): void => {
  if (text !== "") writer.tag(number, WireType.LengthDelimited).string(text)
}
const writeMap = (writer: BinaryWriter, number: number, map: Readonly<Record<string, string>>): void => {
  for (const [key, value] of Object.entries(map)) {
    const entry = new BinaryWriter()
    writeText(entry, 1, key)
    writeText(entry, 2, value)
    writer.tag(number, WireType.LengthDelimited).bytes(entry.finish())
  }
}
const readEntry = (message: Uint8Array, into: Map<string, string>): void => {
  let [key, value] = ["", ""]
  read(message, { 1: (r) => (key = r.string()), 2: (r) => (value = r.string()) })
  into.set(key, value)
}

/** `moby.buildkit.v1.CacheOptionsEntry` */
export interface CacheEntry {
  readonly type: string
  readonly attributes: Readonly<Record<string, string>>
}

/** `moby.buildkit.v1.SolveRequest` for a Dockerfile. */
export interface SolveRequest {
  /** Names the build: its status is asked for by it. */
  readonly ref: string
  readonly session: string
  readonly frontend: string
  readonly attributes: Readonly<Record<string, string>>
  readonly exporter: string
  readonly exporterAttributes: Readonly<Record<string, string>>
  readonly cacheExports: ReadonlyArray<CacheEntry>
  readonly cacheImports: ReadonlyArray<CacheEntry>
  readonly entitlements: ReadonlyArray<string>
}

const encodeCacheEntry = ({ type, attributes }: CacheEntry): Uint8Array => {
  const writer = new BinaryWriter()
  writeText(writer, 1, type)
  writeMap(writer, 2, attributes)
  return writer.finish()
}

export const encodeSolve = (request: SolveRequest): Uint8Array => {
  const writer = new BinaryWriter()
  writeText(writer, 1, request.ref)
  // The single exporter's fields: engines from 18.09 on read them, newer ones beside a list.
  writeText(writer, 3, request.exporter)
  writeMap(writer, 4, request.exporterAttributes)
  writeText(writer, 5, request.session)
  writeText(writer, 6, request.frontend)
  writeMap(writer, 7, request.attributes)
  const cache = new BinaryWriter()
  for (const entry of request.cacheExports) cache.tag(4, WireType.LengthDelimited).bytes(encodeCacheEntry(entry))
  for (const entry of request.cacheImports) cache.tag(5, WireType.LengthDelimited).bytes(encodeCacheEntry(entry))
  writer.tag(8, WireType.LengthDelimited).bytes(cache.finish())
  for (const entitlement of request.entitlements) writeText(writer, 9, entitlement)
  return writer.finish()
}

/** What the exporter tells: `containerimage.digest` and others. */
export const decodeSolved = (message: Uint8Array): ReadonlyMap<string, string> => {
  const answer = new Map<string, string>()
  read(message, { 1: (r) => readEntry(r.bytes(), answer) })
  return answer
}

export const encodeStatusRequest = (ref: string): Uint8Array => {
  const writer = new BinaryWriter()
  writeText(writer, 1, ref)
  return writer.finish()
}

export interface BuildStep {
  readonly digest: string
  readonly name: string
  readonly error: string
  readonly cached: boolean
  readonly completed: boolean
}

/** `moby.buildkit.v1.StatusResponse`: steps, what they print, what BuildKit warns of. */
export interface BuildStatus {
  readonly steps: ReadonlyArray<BuildStep>
  readonly logs: ReadonlyArray<{ readonly digest: string; readonly text: string }>
  readonly warnings: ReadonlyArray<string>
}

const utf8 = new TextDecoder()

const decodeStep = (message: Uint8Array): BuildStep => {
  const step = { digest: "", name: "", error: "", cached: false, completed: false }
  read(message, {
    1: (r) => (step.digest = r.string()),
    3: (r) => (step.name = r.string()),
    4: (r) => (step.cached = r.bool()),
    6: (r, wire) => {
      r.skip(wire, 6)
      step.completed = true
    },
    7: (r) => (step.error = r.string()),
  })
  return step
}

export const decodeStatus = (message: Uint8Array): BuildStatus => {
  const steps: Array<BuildStep> = []
  const logs: Array<{ digest: string; text: string }> = []
  const warnings: Array<string> = []
  read(message, {
    1: (r) => steps.push(decodeStep(r.bytes())),
    3: (r) => {
      const log = { digest: "", text: "" }
      read(r.bytes(), { 1: (l) => (log.digest = l.string()), 4: (l) => (log.text = utf8.decode(l.bytes())) })
      logs.push(log)
    },
    4: (r) => read(r.bytes(), { 3: (w) => warnings.push(utf8.decode(w.bytes())) }),
  })
  return { steps, logs, warnings }
}

/** Labels of the workers (`ListWorkers`): what the engine's builder can do. */
export const decodeWorkers = (message: Uint8Array): ReadonlyMap<string, string> => {
  const labels = new Map<string, string>()
  read(message, { 1: (r) => read(r.bytes(), { 2: (w) => readEntry(w.bytes(), labels) }) })
  return labels
}

/** The first text of a message: identifiers of secrets and agents, names of hosts. */
export const decodeText = (message: Uint8Array): string => {
  let text = ""
  read(message, { 1: (r) => (text = r.string()) })
  return text
}

/** Messages of bytes only: secrets, forwarded agents. */
export const encodeBytes = (bytes: Uint8Array): Uint8Array => {
  const writer = new BinaryWriter()
  writer.tag(1, WireType.LengthDelimited).bytes(bytes)
  return writer.finish()
}
export const decodeBytes = (message: Uint8Array): Uint8Array => {
  let bytes: Uint8Array = new Uint8Array(0)
  read(message, { 1: (r) => (bytes = r.bytes()) })
  return bytes
}

export const encodeCredentials = (username: string, secret: string): Uint8Array => {
  const writer = new BinaryWriter()
  writeText(writer, 1, username)
  writeText(writer, 2, secret)
  return writer.finish()
}

/** `grpc.health.v1.HealthCheckResponse`: serving. */
export const encodeServing = (): Uint8Array => {
  const writer = new BinaryWriter()
  writer.tag(1, WireType.Varint).int32(1)
  return writer.finish()
}

/** `fsutil.types.Stat`. */
export interface FileStat {
  readonly path: string
  /** Go's `os.FileMode`. */
  readonly mode: number
  readonly size: bigint
  readonly modified: bigint
  readonly linkname: string
}

export type SentPacket =
  | { readonly _tag: "Stat"; readonly stat: FileStat | undefined }
  | { readonly _tag: "Data"; readonly id: number; readonly data: Uint8Array }
  | { readonly _tag: "Finished" }
  | { readonly _tag: "Error"; readonly text: string }

const packetType = { stat: 0, request: 1, data: 2, finished: 3, error: 4 } as const

const encodeStat = (stat: FileStat): Uint8Array => {
  const writer = new BinaryWriter()
  writeText(writer, 1, stat.path)
  writer.tag(2, WireType.Varint).uint32(stat.mode)
  writer.tag(5, WireType.Varint).int64(stat.size)
  writer.tag(6, WireType.Varint).int64(stat.modified)
  writeText(writer, 7, stat.linkname)
  return writer.finish()
}

export const encodePacket = (packet: SentPacket): Uint8Array => {
  const writer = new BinaryWriter()
  const type = (value: number) => writer.tag(1, WireType.Varint).int32(value)
  switch (packet._tag) {
    case "Stat":
      // Type 0; an empty packet says that no more files follow.
      if (packet.stat !== undefined) writer.tag(2, WireType.LengthDelimited).bytes(encodeStat(packet.stat))
      break
    case "Data":
      type(packetType.data).tag(3, WireType.Varint).uint32(packet.id)
      if (packet.data.length > 0) writer.tag(4, WireType.LengthDelimited).bytes(packet.data)
      break
    case "Finished":
      type(packetType.finished)
      break
    case "Error":
      type(packetType.error).tag(4, WireType.LengthDelimited).bytes(Buffer.from(packet.text))
      break
  }
  return writer.finish()
}

export type ReceivedPacket =
  | { readonly _tag: "Request"; readonly id: number }
  | { readonly _tag: "Finished" }
  | { readonly _tag: "Error"; readonly text: string }
  | { readonly _tag: "Other" }

export const decodePacket = (message: Uint8Array): ReceivedPacket => {
  let type = 0
  let id = 0
  let text = ""
  read(message, {
    1: (r) => (type = r.int32()),
    3: (r) => (id = r.uint32()),
    4: (r) => (text = utf8.decode(r.bytes())),
  })
  switch (type) {
    case packetType.request:
      return { _tag: "Request", id }
    case packetType.finished:
      return { _tag: "Finished" }
    case packetType.error:
      return { _tag: "Error", text }
    default:
      return { _tag: "Other" }
  }
}
