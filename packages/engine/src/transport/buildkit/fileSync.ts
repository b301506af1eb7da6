/**
 * Sends folders of this machine to a build (`moby.filesync.v1.FileSync`): first what is there, then the bytes of those files that
 * BuildKit does not have yet, a few at once and only as fast as it takes them.
 */
import { constants } from "node:fs"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { type GrpcMethods, GrpcFailure, grpcCode, type GrpcStream, type Metadata } from "./grpc.ts"
import { decodePacket, encodePacket } from "./messages.ts"
import { walk, walkFilter, type WalkRequest } from "./walk.ts"

const filesAtOnce = 4
const chunkSize = 64 * 1024

/** Values with other than ASCII letters come percent-encoded, and say so. */
const valuesOf = (metadata: Metadata, key: string): ReadonlyArray<string> => {
  const values = metadata.get(key) ?? []
  return metadata.get(`${key}-encoded`)?.[0] === "1"
    ? values.map((value) => decodeURIComponent(value.replaceAll("+", " ")))
    : values
}

const requestOf = (metadata: Metadata): WalkRequest => ({
  includes: valuesOf(metadata, "include-patterns"),
  excludes: valuesOf(metadata, "exclude-patterns"),
  follow: valuesOf(metadata, "followpaths"),
})

const sendFile = async (root: string, path: string, id: number, send: GrpcStream["send"]): Promise<void> => {
  // Opened without following a link that took the file's place meanwhile.
  const file = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    for await (const chunk of file.createReadStream({ highWaterMark: chunkSize, autoClose: false }))
      await send(encodePacket({ _tag: "Data", id, data: chunk as Buffer })) // no encoding is set: chunks are buffers
  } finally {
    await file.close()
  }
  await send(encodePacket({ _tag: "Data", id, data: new Uint8Array(0) }))
}

const sendFolder = async (root: string, { metadata, messages, send }: GrpcStream): Promise<void> => {
  const files = new Map<number, string>()
  let failure: unknown
  const fail = async (cause: unknown): Promise<void> => {
    failure ??= cause
    const text = cause instanceof Error ? cause.message : String(cause)
    // A builder that is gone needs no reason.
    await send(encodePacket({ _tag: "Error", text })).catch(() => undefined)
  }
  const list = async () => {
    let id = 0
    for await (const { stat, regular } of walk(root, await walkFilter(root, requestOf(metadata)))) {
      if (failure !== undefined) return
      if (regular) files.set(id, stat.path)
      id++
      await send(encodePacket({ _tag: "Stat", stat }))
    }
    await send(encodePacket({ _tag: "Stat", stat: undefined }))
  }
  const listing = list().catch(fail)
  const sending = new Set<Promise<void>>()
  for await (const message of messages) {
    const packet = decodePacket(message)
    if (packet._tag === "Error") throw new GrpcFailure(grpcCode.unknown, packet.text)
    if (packet._tag === "Finished") {
      await Promise.all([listing, ...sending])
      await send(encodePacket({ _tag: "Finished" }))
      break
    }
    if (packet._tag !== "Request") continue
    const path = files.get(packet.id)
    if (path === undefined) throw new GrpcFailure(grpcCode.invalidArgument, `there is no file ${packet.id}`)
    files.delete(packet.id)
    const sent: Promise<void> = sendFile(root, path, packet.id, send)
      .catch(fail)
      .finally(() => sending.delete(sent))
    sending.add(sent)
    if (sending.size >= filesAtOnce) await Promise.race(sending)
  }
  await listing
  if (failure !== undefined) throw failure
}

/** `folders`: the name a build knows one by → its absolute path. `failed` is told what could not be read. */
export const fileSync = (
  folders: ReadonlyMap<string, string>,
  failed: (folder: string, error: unknown) => void,
): GrpcMethods => ({
  "/moby.filesync.v1.FileSync/DiffCopy": async (stream) => {
    const name = valuesOf(stream.metadata, "dir-name")[0] ?? ""
    const root = folders.get(name)
    if (root === undefined) throw new GrpcFailure(grpcCode.notFound, `the build may not read ${name}`)
    try {
      await sendFolder(root, stream)
    } catch (error) {
      if (!(error instanceof GrpcFailure)) failed(root, error)
      throw error
    }
  },
})
