/**
 * Brings a tree to a target and lets trees go, with nothing but the Engine API: a container that is created and never started
 * receives the archives. A tree is complete or absent: it is written under a name of its own and marked when all of it is there.
 */
import type { Readable } from "node:stream"
import { Clock, Effect, Schema } from "effect"
import { extract } from "tar-stream"
import { ContentMissing, DiskFull, EngineFailed, type WindFlowError } from "../model/errors/union.ts"
import type { Report } from "../driver/Driver.ts"
import type { DockerApiShape } from "../transport/DockerApi.ts"
import { Manifest } from "./Manifest.ts"
import { type Ownership, scanTree, treeDigest } from "./scanTree.ts"
import { fileLabels, manifestPath, storeName } from "./layout.ts"
import { type ArchivedTree, buryingArchive, travelling, treeArchive } from "./treeArchive.ts"
import { createStore, letGo, mark, mountedTrees, readStore, type Tree, unmark } from "./trees.ts"

/** Where the volume of the trees is mounted in the container that receives archives. */
const mounted = "/windflow"

/** A manifest of a hundred thousand files is about 20 MB. */
const largestManifest = 64 * 1024 * 1024

export interface CarriedTree {
  readonly digest: string
  /** Absolute, on this machine. */
  readonly source: string
  /** For people and for finding the tree before this one: relative to the project's directory. */
  readonly shown: string
  readonly ownership: Ownership
}

export interface CarryRequest {
  readonly project: string
  /** An image of the target, of whatever kind: nothing of it runs. */
  readonly image: string
  readonly trees: ReadonlyArray<CarriedTree>
}

const full = (error: WindFlowError, subject: string): WindFlowError =>
  error instanceof EngineFailed && /no space left on device|disk quota exceeded/i.test(error.detail)
    ? new DiskFull({ subject, detail: error.detail })
    : error

/** The container is labelled with the trees that are being written or removed through it: what a crash leaves is known by it. */
const withCarrier = <A>(
  api: DockerApiShape,
  project: string,
  image: string,
  trees: ReadonlyArray<string>,
  use: (carrier: string) => Effect.Effect<A, WindFlowError>,
): Effect.Effect<A, WindFlowError> =>
  Effect.acquireUseRelease(
    api.containers.create(`windflow.carrier.${project}.${trees[0] ?? "none"}`, {
      Image: image,
      Entrypoint: [mounted],
      Cmd: [],
      Labels: { [fileLabels.carrier]: project, [fileLabels.tree]: trees.join(",") },
      HostConfig: {
        NetworkMode: "none",
        Mounts: [{ Type: "volume", Source: storeName(project), Target: mounted, VolumeOptions: { NoCopy: true } }],
      },
    }),
    ({ Id }) => use(Id),
    // A connection that is gone removes nothing; the next carrying does.
    ({ Id }) => Effect.ignore(api.containers.remove(Id, { volumes: true })),
  )

/** What a cut or a crash left: containers of earlier attempts, and through their labels the trees that were never completed. */
const leftOver = (api: DockerApiShape, project: string) =>
  Effect.map(api.containers.list({ label: [`${fileLabels.carrier}=${project}`] }), (containers) => ({
    containers: containers.map(({ Id }) => Id),
    trees: containers.flatMap(({ Labels }) => (Labels?.[fileLabels.tree] ?? "").split(",").filter((id) => id !== "")),
  }))

const decodeManifest = Schema.decodeUnknownEffect(Schema.fromJsonString(Manifest))

/** The text of the one file of an archive. */
const onlyFile = (archive: Readable): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    let length = 0
    const parser = extract()
    parser.on("entry", (_header, content, next) => {
      content.on("data", (chunk: Buffer) => {
        length += chunk.length
        if (length > largestManifest) parser.destroy(new Error("it is too large"))
        else chunks.push(chunk)
      })
      content.once("end", next)
    })
    parser.once("finish", () => resolve(Buffer.concat(chunks).toString("utf8")))
    parser.once("error", reject)
    archive.once("error", reject)
    archive.pipe(parser)
  })

/** The manifest of a complete tree; undefined when it cannot be had: then everything travels. */
const manifestOf = (api: DockerApiShape, carrier: string, id: string) =>
  api.containers
    .readArchive(carrier, `${mounted}/${manifestPath(id)}`, (archive) =>
      Effect.tryPromise(() => onlyFile(archive)).pipe(
        Effect.flatMap(decodeManifest),
        Effect.catch(() => Effect.succeed(undefined)),
      ),
    )
    .pipe(Effect.catch(() => Effect.succeed(undefined)))

const percent = 100
/** At most a hundred reports a transfer. */
const progressOf = (report: Report, subject: string, total: number) => {
  let current = 0
  let told = -1
  return (count: number): void => {
    current += count
    const now = total === 0 ? percent : Math.floor((current / total) * percent)
    if (now === told) return
    told = now
    Effect.runFork(report({ subject, current, total }))
  }
}

/** The reading side's own failure, when that is what broke the request. */
const cause = (archive: Readable, error: WindFlowError): WindFlowError =>
  archive.errored instanceof ContentMissing ? archive.errored : error

const scanned = (tree: CarriedTree, project: string): Effect.Effect<Manifest, WindFlowError> =>
  Effect.gen(function* () {
    const manifest = yield* scanTree(tree.source, tree.ownership)
    if ((yield* treeDigest(manifest, tree.ownership, project)) === tree.digest) return manifest
    return yield* new ContentMissing({ path: tree.source, detail: "it holds another content than was planned with" })
  })

/** With the newest tree of the same source, whose files need not travel again. */
const withBase = (api: DockerApiShape, carrier: string, tree: ArchivedTree, before: Tree | undefined) =>
  Effect.map(
    before === undefined ? Effect.succeed(undefined) : manifestOf(api, carrier, before.id),
    (manifest): ArchivedTree =>
      before === undefined || manifest === undefined ? tree : { ...tree, base: { id: before.id, manifest } },
  )

/**
 * Carries these contents in one archive; the result tells the tree of each digest. Fails with `ContentMissing` when this machine
 * holds another content there by now. Interrupted or cut anywhere it leaves no tree. One at a time for a project: it takes what
 * it finds of others for what a crash left.
 */
export const carryTrees = (
  api: DockerApiShape,
  request: CarryRequest,
  report: Report,
): Effect.Effect<Readonly<Record<string, string>>, WindFlowError> =>
  Effect.gen(function* () {
    const { project, image } = request
    const millis = yield* Clock.currentTimeMillis
    const wanted = yield* Effect.forEach(request.trees, (tree) =>
      Effect.map(scanned(tree, project), (manifest) => {
        const id = `${millis.toString(36)}-${tree.digest.slice(0, 12)}-${crypto.randomUUID().slice(0, 8)}`
        return { tree, archived: { id, source: tree.source, manifest, base: undefined } }
      }),
    )
    const old = yield* leftOver(api, project)
    yield* createStore(api, project)
    const store = yield* readStore(api, project)
    const marked = new Set(store.trees.map(({ id }) => id))
    const ids = wanted.map(({ archived }) => archived.id)
    const shown = request.trees.map((tree) => tree.shown).join(", ")
    yield* withCarrier(api, project, image, ids, (carrier) =>
      Effect.gen(function* () {
        const trees = yield* Effect.forEach(wanted, ({ tree, archived }) =>
          withBase(
            api,
            carrier,
            archived,
            store.trees.find(({ source }) => source === tree.shown),
          ),
        )
        const total = trees.reduce((sum, { manifest, base }) => sum + travelling(manifest, base?.manifest), 0)
        const archive = treeArchive({
          trees,
          // Marked after all by an attempt whose last answer was lost: that one is complete.
          gone: old.trees.filter((candidate) => !marked.has(candidate)),
          onBytes: progressOf(report, `files ${shown}`, total),
        })
        yield* api.containers
          .writeArchive(carrier, mounted, archive)
          .pipe(Effect.mapError((error) => full(cause(archive, error), shown)))
        yield* Effect.forEach(
          wanted,
          ({ tree, archived }) => mark(api, project, { id: archived.id, digest: tree.digest, source: tree.shown }),
          { discard: true },
        )
      }),
    )
    yield* Effect.forEach(old.containers, (container) => api.containers.remove(container, { volumes: true }), {
      discard: true,
    })
    return Object.fromEntries(wanted.map(({ tree, archived }) => [tree.digest, archived.id]))
  })

/** Any image will do; undefined when the target has none. */
const someImage = (api: DockerApiShape) => Effect.map(api.images.list({}), (images) => images[0]?.Id)

/**
 * Removes the trees that no stored revision keeps and no container mounts. `containers` filters those of the project. Without any
 * image on the target the content stays until there is one; with nothing left to keep, the volume goes as a whole.
 */
export const collectTrees = (
  api: DockerApiShape,
  project: string,
  stored: ReadonlyArray<number>,
  containers: Readonly<Record<string, ReadonlyArray<string>>>,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const store = yield* readStore(api, project)
    const forgotten = store.kept.filter(({ revision }) => !stored.includes(revision))
    yield* Effect.forEach(forgotten, ({ revision }) => letGo(api, project, revision), { discard: true })
    if (!store.present) return
    const mounts = new Set((yield* api.containers.list(containers)).flatMap(({ Labels }) => mountedTrees(Labels)))
    const kept = store.kept.filter(({ revision }) => stored.includes(revision))
    const needed = (tree: Tree) => mounts.has(tree.id) || kept.some(({ digests }) => digests.has(tree.digest))
    const unused = store.trees.filter((tree) => !needed(tree)).map(({ id }) => id)
    const old = yield* leftOver(api, project)
    if (store.trees.length === unused.length && stored.length === 0) {
      yield* Effect.forEach(unused, (id) => unmark(api, project, id), { discard: true })
      yield* Effect.forEach(old.containers, (id) => api.containers.remove(id, { volumes: true }), { discard: true })
      // In use after all (a container of somebody else): it stays, nobody's revision needs it.
      yield* Effect.ignore(api.volumes.remove(storeName(project)))
      return
    }
    const marked = new Set(store.trees.map(({ id }) => id))
    const gone = [...unused, ...old.trees.filter((id) => !marked.has(id))]
    const image = gone.length === 0 ? undefined : yield* someImage(api)
    if (image === undefined) return
    yield* withCarrier(api, project, image, gone, (carrier) =>
      Effect.gen(function* () {
        // Without its mark a tree is nobody's; from here on the carrier's label is what remembers it.
        yield* Effect.forEach(unused, (id) => unmark(api, project, id), { discard: true })
        yield* api.containers.writeArchive(carrier, mounted, buryingArchive(gone))
      }),
    )
    yield* Effect.forEach(old.containers, (id) => api.containers.remove(id, { volumes: true }), { discard: true })
  })
