/**
 * The journal as files: a directory a deployment, a file a run (`000012-<run>.jsonl`), a line a row. Appending syncs; rows
 * that come while a sync is under way share the next one. Old runs are forgotten as whole files, so nothing is ever rewritten.
 * What takes microseconds for every row (a name, a size, a write to the cache) is done at once; a promise for each would cost more.
 */
import { appendFileSync, fstatSync } from "node:fs"
import { type FileHandle, open, rm, truncate } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Result, type Scope } from "effect"
import { StateCorrupt, type WindFlowError } from "../model/errors/union.ts"
import { sha256Hex } from "../plan/digest.ts"
import { attempt, fileMode, fileNameOf, makeDirectory, namesIn, namesNow, readIfThere, syncDirectory } from "./files.ts"
import type { Journal, JournalRow } from "./Journal.ts"
import { decodeRow, encodeRow, type Fence, moveFence, noFence, openRunOf, refusal } from "./journalRows.ts"

export interface FileJournalOptions {
  /** Runs kept a deployment; default 50. */
  readonly keep?: number
  /** Makes what was written durable; default: fdatasync. */
  readonly sync?: (handle: FileHandle) => Promise<void>
}

interface Pending {
  readonly row: JournalRow
  readonly line: string
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** The file of the run that is being written, and where we left it. */
interface Writer {
  readonly run: string
  readonly name: string
  readonly handle: FileHandle
  size: number
  fence: Fence
}

const suffix = ".jsonl"
const fileOf = (sequence: number, run: string) =>
  `${String(sequence).padStart(6, "0")}-${fileNameOf(run, sha256Hex)}${suffix}`
const sequenceOf = (name: string) => Number.parseInt(name, 10)

/** Oldest first. */
const inOrder = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.filter((name) => name.endsWith(suffix)).sort((a, b) => sequenceOf(a) - sequenceOf(b))

/** The complete lines of a file; what a crash left behind the last line end is no row. */
const completeLines = (text: string) => text.slice(0, text.lastIndexOf("\n") + 1)

const parse = (path: string, text: string): Result.Result<ReadonlyArray<JournalRow>, StateCorrupt> => {
  const rows: Array<JournalRow> = []
  for (const [index, line] of completeLines(text).split("\n").slice(0, -1).entries()) {
    const row = decodeRow(line)
    if (Result.isFailure(row))
      return Result.fail(new StateCorrupt({ what: `${path}:${index + 1}`, detail: row.failure }))
    rows.push(row.success)
  }
  return Result.succeed(rows)
}

/** One deployment's directory. All file work happens in `flush`, one at a time. */
class DeploymentFiles {
  readonly directory: string
  readonly keep: number
  readonly durable: (handle: FileHandle) => Promise<void>
  pending: Array<Pending> = []
  flushing: Promise<void> | undefined
  writer: Writer | undefined

  constructor(directory: string, options: FileJournalOptions) {
    this.directory = directory
    this.keep = Math.max(1, options.keep ?? 50)
    this.durable = options.sync ?? ((handle) => handle.datasync())
  }

  async files(): Promise<ReadonlyArray<string>> {
    return inOrder(await namesIn(this.directory))
  }

  async rowsOf(name: string): Promise<ReadonlyArray<JournalRow>> {
    const path = join(this.directory, name)
    return Result.getOrThrow(parse(path, (await readIfThere(path)) ?? ""))
  }

  /** Rows of the newest run, the only one that can be open. */
  async newest(): Promise<ReadonlyArray<JournalRow>> {
    const name = (await this.files()).at(-1)
    return name === undefined ? [] : await this.rowsOf(name)
  }

  /** The last row when it ends its run: nothing else of the file matters then. */
  async ending(): Promise<JournalRow | undefined> {
    const name = (await this.files()).at(-1)
    if (name === undefined) return undefined
    const text = completeLines((await readIfThere(join(this.directory, name))) ?? "")
    const last = decodeRow(text.slice(text.lastIndexOf("\n", text.length - 2) + 1, -1))
    return Result.isSuccess(last) && last.success._tag === "RunEnded" ? last.success : undefined
  }

  append(row: JournalRow, line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.pending.push({ row, line, resolve, reject })
      this.flushing ??= this.flush().finally(() => {
        this.flushing = undefined
      })
    })
  }

  /** Everything that waits goes in one write and one sync, until nothing waits. */
  async flush(): Promise<void> {
    while (this.pending.length > 0) {
      const batch = this.pending
      this.pending = []
      await this.write(batch)
    }
  }

  async write(batch: ReadonlyArray<Pending>): Promise<void> {
    let accepted: Array<Pending> = []
    let looked = false
    for (const item of batch) {
      try {
        if (item.row._tag === "RunStarted") {
          await this.sync(accepted)
          accepted = []
          await this.begin(item.row)
        } else if (!looked) await this.resume(item.row.run)
        looked = true
        const fence = this.writer?.fence ?? noFence
        const refused = refusal(fence, item.row)
        if (refused !== undefined) throw refused
        if (this.writer !== undefined) this.writer.fence = moveFence(fence, item.row)
        accepted.push(item)
      } catch (error) {
        item.reject(error)
      }
    }
    await this.sync(accepted)
  }

  /** One write, one sync, and only then the answer to everybody. */
  async sync(accepted: ReadonlyArray<Pending>): Promise<void> {
    const { writer } = this
    if (accepted.length === 0 || writer === undefined) return
    try {
      const bytes = Buffer.from(accepted.map(({ line }) => `${line}\n`).join(""))
      appendFileSync(writer.handle.fd, bytes)
      await this.durable(writer.handle)
      writer.size += bytes.length
      for (const item of accepted) item.resolve()
      if (accepted.at(-1)?.row._tag === "RunEnded") await this.close()
    } catch (error) {
      for (const item of accepted) item.reject(error)
      // Half a line may stand there: whoever writes next reads the file again and cuts it.
      await this.close()
    }
  }

  /** A new file for a new run, unless its epoch is behind what is written. */
  async begin(row: JournalRow): Promise<void> {
    const names = await this.files()
    const last = names.at(-1)
    const fence = last === undefined ? noFence : fenceOf(await this.rowsOf(last))
    const refused = refusal(fence, row)
    if (refused !== undefined) throw refused
    await this.close()
    await makeDirectory(this.directory)
    const name = fileOf((last === undefined ? 0 : sequenceOf(last)) + 1, row.run)
    const handle = await open(join(this.directory, name), "ax", fileMode)
    await syncDirectory(this.directory)
    this.writer = { run: row.run, name, handle, size: 0, fence: { run: row.run, epoch: fence.epoch } }
    const old = names.slice(0, Math.max(0, names.length + 1 - this.keep))
    for (const gone of old) await rm(join(this.directory, gone), { force: true })
  }

  /** Our file is still the newest and nobody else wrote to it; else it is read again (a later run settles an earlier one). */
  async resume(run: string): Promise<void> {
    const name = inOrder(namesNow(this.directory)).at(-1)
    if (name === undefined) throw new StateCorrupt({ what: this.directory, detail: `no journal of run ${run}` })
    const path = join(this.directory, name)
    if (this.writer?.name === name && fstatSync(this.writer.handle.fd).size === this.writer.size) return
    await this.close()
    const text = (await readIfThere(path)) ?? ""
    const rows = Result.getOrThrow(parse(path, text))
    const size = Buffer.byteLength(completeLines(text))
    if (size !== Buffer.byteLength(text)) await truncate(path, size)
    const fence = fenceOf(rows)
    this.writer = { run: fence.run ?? "", name, handle: await open(path, "a", fileMode), size, fence }
  }

  async close(): Promise<void> {
    const { writer } = this
    this.writer = undefined
    // What was promised is synced; a failure to close has nobody to tell.
    await writer?.handle.close().catch(() => undefined)
  }
}

const fenceOf = (rows: ReadonlyArray<JournalRow>): Fence => rows.reduce(moveFence, noFence)

/** `directory` is private to its user (mode 0700); the default place is `$XDG_STATE_HOME/windflow/journal`. */
export const makeFileJournal = (
  directory: string,
  options: FileJournalOptions = {},
): Effect.Effect<Journal, never, Scope.Scope> =>
  Effect.gen(function* () {
    const deployments = new Map<string, DeploymentFiles>()
    const of = (deployment: string) => {
      const there = deployments.get(deployment)
      if (there !== undefined) return there
      const made = new DeploymentFiles(join(directory, fileNameOf(deployment, sha256Hex)), options)
      deployments.set(deployment, made)
      return made
    }
    yield* Effect.addFinalizer(() =>
      Effect.promise(async () => {
        for (const files of deployments.values()) {
          await files.flushing
          await files.close()
        }
      }),
    )
    const on = <A>(deployment: string, body: (files: DeploymentFiles) => Promise<A>): Effect.Effect<A, WindFlowError> =>
      Effect.suspend(() => {
        const files = of(deployment)
        return attempt(files.directory, () => body(files))
      })
    return {
      // Uninterruptible: a row that is on its way is waited for.
      append: (row) =>
        Effect.uninterruptible(
          Effect.flatMap(encodeRow(row), (line) => on(row.deployment, (files) => files.append(row, line))),
        ),
      openRun: (deployment) =>
        on(deployment, async (files) =>
          (await files.ending()) === undefined ? openRunOf(await files.newest()) : undefined,
        ),
      lastEpoch: (deployment) =>
        on(deployment, async (files) => {
          const ending = await files.ending()
          const rows = ending === undefined ? await files.newest() : [ending]
          return rows.reduce((highest, row) => Math.max(highest, row.epoch), 0)
        }),
      rows: (deployment) =>
        on(deployment, async (files) => {
          const all: Array<JournalRow> = []
          for (const name of await files.files()) all.push(...(await files.rowsOf(name)))
          return all
        }),
    }
  })
