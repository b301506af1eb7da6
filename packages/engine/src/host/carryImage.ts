/**
 * Brings an image from one engine to another as a stream, without a registry: what the one saves the other loads, less the layers
 * that it has. The receiving engine takes an archive whole before it registers anything, so a cut leaves nothing.
 */
import { pipeline as passOn, type Readable, Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import { Effect, Stream } from "effect"
import { extract, type Pack, pack } from "tar-stream"
import type { Report } from "../driver/Driver.ts"
import { DiskFull, EngineFailed, type WindFlowError } from "../model/errors/union.ts"
import type { DockerApiShape } from "../transport/DockerApi.ts"
import type { ImageDetails } from "../transport/engineAnswers.ts"
import { sharedLayers } from "./sharedLayers.ts"

const call = "POST /images/load"

const layersOf = (image: ImageDetails): ReadonlyArray<string> => image.RootFS?.Layers ?? []

/** In archives of Docker 25 and later a layer is the blob of its content's digest. */
const blobOf = (digest: string): string => `blobs/${digest.replace(":", "/")}`

const copy = async (
  archive: Readable,
  out: Pack,
  left: ReadonlySet<string>,
  onBytes: (count: number) => void,
): Promise<void> => {
  const parser = extract()
  parser.on("entry", (header, content, next) => {
    if (left.has(header.name)) {
      content.resume()
      content.once("end", next)
      return
    }
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        onBytes(chunk.length)
        done(null, chunk)
      },
    })
    // The next entry waits until the receiver has taken this one; an error of this one ends the parser.
    passOn(content, counted, out.entry(header), next)
  })
  await pipeline(archive, parser)
  out.finalize()
}

const withoutLayers = (archive: Readable, left: ReadonlySet<string>, onBytes: (count: number) => void): Readable => {
  const out = pack()
  copy(archive, out, left, onBytes).catch((error: unknown) =>
    out.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  return out
}

const failed = (reference: string, detail: string): WindFlowError =>
  /no space left on device|disk quota exceeded/i.test(detail)
    ? new DiskFull({ subject: `image ${reference}`, detail })
    : new EngineFailed({ call, detail })

/** A report for each so many bytes. */
const step = 4 * 1024 * 1024

const transfer = (
  source: DockerApiShape,
  target: DockerApiShape,
  reference: string,
  left: ReadonlySet<string>,
  report: Report,
): Effect.Effect<void, WindFlowError> =>
  source.images.save(reference, (archive) => {
    let current = 0
    let told = 0
    const onBytes = (count: number) => {
      current += count
      if (current - told < step) return
      told = current
      Effect.runFork(report({ subject: `image ${reference}`, current, text: "carried from this machine's engine" }))
    }
    const sent = withoutLayers(archive, left, onBytes)
    return Stream.runForEach(target.images.load(sent), (line) =>
      line.error === undefined ? Effect.void : Effect.fail(failed(reference, line.error)),
    ).pipe(
      Effect.mapError((error) => (error instanceof EngineFailed ? failed(reference, error.detail) : error)),
      Effect.ensuring(Effect.sync(() => sent.destroy())),
      Effect.andThen(
        Effect.suspend(() =>
          report({
            subject: `image ${reference}`,
            current,
            total: current,
            text: `carried from this machine's engine, ${left.size} layers were there`,
          }),
        ),
      ),
    )
  })

/** The layers of every image of an engine; those that vanish meanwhile are no loss. */
const presentLayers = (target: DockerApiShape) =>
  Effect.gen(function* () {
    const ids = new Set((yield* target.images.list({})).map(({ Id }) => Id))
    const images = yield* Effect.forEach(ids, (id) => target.images.find(id), { concurrency: 8 })
    return images.flatMap((image) => (image === undefined ? [] : [layersOf(image)]))
  })

/** Afterwards `reference` means the same layers on both engines. `image` is what it means on `source`. */
export const carryImage = (
  source: DockerApiShape,
  target: DockerApiShape,
  reference: string,
  image: ImageDetails,
  report: Report,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const left = new Set([...sharedLayers(layersOf(image), yield* presentLayers(target))].map(blobOf))
    yield* transfer(source, target, reference, left, report).pipe(
      // Another kind of image store, or a layer that was removed meanwhile: then all of it.
      Effect.catch((error) =>
        error instanceof EngineFailed && left.size > 0
          ? transfer(source, target, reference, new Set(), report)
          : Effect.fail(error),
      ),
    )
    const there = yield* target.images.find(reference)
    if (there === undefined || layersOf(there).join() !== layersOf(image).join())
      return yield* new EngineFailed({ call, detail: `${reference} did not arrive as it was sent` })
  })
