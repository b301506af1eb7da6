// Files of this machine on an engine that does not see them: the local engine, taken for a remote one.
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import { baseImages, session } from "@windflow/testcontainers"
import { Effect, Result, Schema, type Scope, Stream } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import { readStore } from "../../host/trees.ts"
import { fileLabels, storeName } from "../../host/layout.ts"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { StackModel } from "../../model/StackModel.ts"
import type { Dial } from "../../transport/EngineHttp.ts"
import { Desired } from "./Desired.ts"
import { type Bed, changes, folder, modelOf, openBed, stackOf, up, walk } from "./testBed.ts"

let busybox = ""
const projects = new Set<string>()
const project = async (name: string): Promise<string> => {
  const full = `windflow-test-carry-${name}`
  projects.add(full)
  ;(await session()).addProject(full)
  return full
}
beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
})

type Told = Array<{ readonly subject: string; readonly current: number; readonly total?: number }>

const withBed = <A>(
  body: (bed: Bed, told: Told) => Effect.Effect<A, unknown, Scope.Scope>,
  dial?: Dial,
): Promise<A> => {
  const told: Told = []
  const report = (progress: Told[number]) => Effect.sync(() => void told.push(progress))
  const bed = openBed(undefined, undefined, { localFiles: false, report, ...(dial === undefined ? {} : { dial }) })
  return Effect.runPromise(Effect.scoped(Effect.flatMap(bed, (bed) => body(bed, told))))
}
afterAll(() =>
  withBed((bed) =>
    Effect.forEach(projects, (name) => Effect.andThen(bed.down(name), bed.driver.forget?.(name, []) ?? Effect.void)),
  ),
)

const failureOf = (effect: Effect.Effect<unknown, WindFlowError>) =>
  Effect.map(Effect.result(effect), (result) => (Result.isFailure(result) ? result.failure : undefined))

const textOf = (parts: ReadonlyArray<{ readonly bytes: Uint8Array }>) =>
  Buffer.concat(parts.map(({ bytes }) => bytes)).toString("utf8")

const output = (bed: Bed, project: string, script: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* bed.driver.exec({ project, service: "web", argv: ["sh", "-c", script] })
      return textOf(yield* Stream.runCollect(session.output))
    }),
  )

const web = (directory: string): Partial<StackModel["services"][string]> => ({
  image: busybox,
  command: ["sleep", "1000"],
  init: true,
  stop_grace_period: "0s",
  volumes: [{ type: "bind", source: join(directory, "conf"), target: "/etc/app", read_only: true }],
  configs: [{ source: "page", target: "/srv/page.html" }],
  secrets: [{ source: "key", target: "/run/secrets/key", uid: "1234", gid: "77" }],
})
const modelIn = (name: string, directory: string): StackModel =>
  modelOf(
    name,
    { web: web(directory) },
    {
      configs: { page: { name: `${name}_page`, file: join(directory, "page.html") } },
      secrets: { key: { name: `${name}_key`, file: join(directory, "key.txt") } },
    },
  )
const big = "0123456789abcdef".repeat(64 * 1024)
const files = {
  "conf/one.conf": "one",
  "conf/sub/two.conf": "two",
  "conf/big.bin": big,
  "page.html": "<p>hello",
  "key.txt": "do-not-tell",
}
const prepared = Effect.map(folder(files), (directory) => {
  chmodSync(join(directory, "conf/one.conf"), 0o640)
  symlinkSync("sub/two.conf", join(directory, "conf/link"))
  mkdirSync(join(directory, "conf/empty"))
  chmodSync(join(directory, "key.txt"), 0o600)
  return directory
})
const travelled = (told: Told) => told.flatMap(({ subject, total }) => (subject.startsWith("files ") ? [total] : []))

test("directories, configs and secrets are there as they are here, and a second plan has nothing to do", async () => {
  const name = await project("there")
  await withBed((bed, told) =>
    Effect.gen(function* () {
      const directory = yield* prepared
      const stack = stackOf(modelIn(name, directory), directory)
      const draft = yield* bed.up(stack)
      expect(changes(draft).filter((text) => text.includes(" files "))).toEqual([
        "create files (not on the target yet: conf, key.txt, page.html (5 files, 1.0 MiB))",
      ])
      const seen = yield* output(
        bed,
        name,
        [
          "cd /etc/app; stat -c '%n %a %F' . one.conf empty link sub/two.conf; cat one.conf link; sha256sum < big.bin",
          "cat /srv/page.html; stat -c '%a %u %g' /run/secrets/key; cat /run/secrets/key",
          "echo no > /etc/app/one.conf; echo no > /run/secrets/key",
        ].join("\n"),
      )
      const sha256 = Buffer.from(
        yield* Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(big))),
      ).toString("hex")
      expect(seen).toContain(
        [
          ". 755 directory",
          "one.conf 640 regular file",
          "empty 755 directory",
          "link 777 symbolic link",
          "sub/two.conf 644 regular file",
          `onetwo${sha256}  -`,
          "<p>hello400 1234 77",
          "do-not-tell",
        ].join("\n"),
      )
      expect(seen.match(/Read-only file system/g)).toHaveLength(2)
      expect(Math.max(...travelled(told).map(Number))).toBe(big.length + 25)
      expect(changes((yield* bed.draft(up(stack))).draft)).toEqual([])
      // Nothing of the secret is where others read: plans, desired state, labels.
      const { desired, draft: again } = yield* bed.draft(up(stack, { recreate: "force" }))
      const containers = yield* bed.api.containers.list({ label: [`com.docker.compose.project=${name}`] })
      const volumes = yield* bed.api.volumes.list({ label: [`${fileLabels.project}=${name}`] })
      expect(JSON.stringify([desired, again, containers, volumes, told])).not.toContain("do-not-tell")
    }),
  )
})

test("a changed file replaces its container, travels alone, and the old content can be had back from the target", async () => {
  const name = await project("change")
  await withBed((bed, told) =>
    Effect.gen(function* () {
      const directory = yield* prepared
      const stack = stackOf(modelIn(name, directory), directory)
      const first = (yield* bed.draft(up(stack))).desired
      yield* bed.up(stack)
      yield* bed.driver.retain?.(first, 1) ?? Effect.void
      writeFileSync(join(directory, "conf/sub/two.conf"), "2")
      told.splice(0)
      const draft = yield* bed.up(stack)
      expect(changes(draft)).toEqual([
        "create files (not on the target yet: conf (3 files, 1.0 MiB))",
        "replace service:web:1 (file changed: files./etc/app)",
      ])
      // One byte: the megabyte beside it was linked.
      expect(new Set(travelled(told))).toEqual(new Set([1]))
      expect(yield* output(bed, name, "cat /etc/app/link; sha256sum < /etc/app/big.bin | head -c 8")).toBe(
        `2${(yield* output(bed, name, "sha256sum /etc/app/big.bin")).slice(0, 8)}`,
      )
      // A rollback, from a revision as it is stored, with nothing of the old content on this machine.
      rmSync(join(directory, "conf"), { recursive: true })
      const saved = yield* Schema.decodeEffect(Desired)(yield* Schema.encodeEffect(Desired)(first))
      const back = yield* Effect.fromResult(bed.driver.plan(saved, yield* bed.driver.observe(saved)))
      expect(changes(back)).toEqual(["replace service:web:1 (file changed: files./etc/app)"])
      yield* walk(bed.driver, saved, back.operations)
      expect(yield* output(bed, name, "cat /etc/app/link")).toBe("two")
    }),
  )
})

test("contents go with the revisions that used them; a rollback that needs them then says what is missing", async () => {
  const name = await project("forget")
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* prepared
      const stack = stackOf(modelIn(name, directory), directory)
      const first = (yield* bed.draft(up(stack))).desired
      yield* bed.up(stack)
      yield* bed.driver.retain?.(first, 1) ?? Effect.void
      writeFileSync(join(directory, "key.txt"), "another")
      const second = (yield* bed.draft(up(stack))).desired
      yield* bed.up(stack)
      yield* bed.driver.retain?.(second, 2) ?? Effect.void
      const digestsOf = (desired: Desired) =>
        desired._tag === "Up" ? new Set((desired.trees ?? []).map(({ digest }) => digest)) : new Set<string>()
      const stored = Effect.map(readStore(bed.api, name), ({ trees }) => new Set(trees.map(({ digest }) => digest)))
      expect(yield* stored).toEqual(new Set([...digestsOf(first), ...digestsOf(second)]))
      const inVolume = (script: string) =>
        Effect.gen(function* () {
          const { Id } = yield* bed.api.containers.create(`${name}-look`, {
            Image: busybox,
            Cmd: ["sh", "-c", script],
            Labels: { "com.docker.compose.project": name, "com.docker.compose.service": "look" },
            HostConfig: { Binds: [`${storeName(name)}:/store`] },
          })
          yield* bed.api.containers.start(Id)
          const said = yield* Stream.runCollect(bed.api.containers.logs(Id, { follow: true, timestamps: false }))
          yield* bed.api.containers.remove(Id, { volumes: false })
          return textOf(said)
        })
      expect(yield* inVolume("grep -rl do-not-tell /store | wc -l")).toBe("1\n")
      yield* bed.driver.forget?.(name, [2]) ?? Effect.void
      expect(yield* stored).toEqual(digestsOf(second))
      expect(yield* inVolume("grep -rl do-not-tell /store | wc -l; grep -rl another /store | wc -l")).toBe("0\n1\n")
      const saved = yield* Schema.decodeEffect(Desired)(yield* Schema.encodeEffect(Desired)(first))
      const back = yield* Effect.fromResult(bed.driver.plan(saved, yield* bed.driver.observe(saved)))
      const error = yield* failureOf(walk(bed.driver, saved, back.operations))
      expect(error).toMatchObject({ _tag: "ContentMissing", path: join(directory, "key.txt") })
      yield* bed.down(name)
      yield* bed.driver.forget?.(name, []) ?? Effect.void
      expect(yield* bed.api.volumes.list({ label: [`${fileLabels.project}=${name}`] })).toEqual([])
    }),
  )
})

/** A way to the engine that hangs up after so many bytes of an archive, as long as `cuts` are left. */
const cutting = (after: number, state: { cuts: number }): Effect.Effect<Dial, never, Scope.Scope> =>
  Effect.gen(function* () {
    const directory = yield* folder({})
    const path = join(directory, "engine.sock")
    const server = createServer((here) => {
      const there = connect("/var/run/docker.sock")
      let sent = 0
      let archive = false
      here.on("data", (chunk: Buffer) => {
        archive ||= chunk.toString("latin1", 0, 16).startsWith("PUT ")
        sent += chunk.length
        if (archive && sent >= after && state.cuts > 0) {
          state.cuts--
          here.destroy()
          there.destroy()
        } else there.write(chunk)
      })
      there.pipe(here)
      for (const socket of [here, there]) socket.on("error", () => socket.destroy())
      here.on("close", () => there.destroy())
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => new Promise<void>((resolve) => server.listen(path, resolve))),
      () => Effect.sync(() => server.close()),
    )
    return () => connect(path)
  })

test("a cut in the middle leaves no tree in use, and the next run converges and cleans up", async () => {
  const name = await project("cut")
  const state = { cuts: 1 }
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const directory = yield* prepared
        const stack = stackOf(modelIn(name, directory), directory)
        const dial = yield* cutting(300_000, state)
        const cut = yield* openBed(undefined, undefined, { localFiles: false, dial })
        const error = yield* failureOf(cut.up(stack))
        expect(error).toMatchObject({ _tag: "EngineUnreachable", reason: "closed" })
        expect(state.cuts).toBe(0)
        const store = yield* readStore(cut.api, name)
        expect(store.trees).toEqual([])
        expect(yield* cut.driver.instances(name)).toEqual([])
        yield* cut.up(stack)
        expect(yield* output(cut, name, "wc -c < /etc/app/big.bin")).toBe(`${big.length}\n`)
        expect(yield* cut.api.containers.list({ label: [`${fileLabels.carrier}=${name}`] })).toEqual([])
        // One tree each, and of the broken one not even a directory: a file of no length took its place.
        const { trees } = yield* readStore(cut.api, name)
        expect(trees).toHaveLength(3)
      }),
    ),
  )
})

test("what the service may write to is refused with its place, and so is an unknown wish", async () => {
  const name = await project("refused")
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* prepared
      const volumes = [
        { type: "bind", source: join(directory, "conf"), target: "/data" },
        { type: "bind", source: "/var/lib/thing", target: "/thing" },
        { type: "bind", source: join(directory, "conf"), target: "/copy", "x-windflow": "sync" },
        { type: "bind", source: join(directory, "conf"), target: "/what", "x-windflow": "bring" },
      ]
      const model = modelOf(name, { web: { ...web(directory), configs: [], secrets: [], volumes } })
      const error = yield* failureOf(bed.draft(up(stackOf(model, directory))))
      expect(error).toMatchObject({
        _tag: "Unsupported",
        diagnostics: [
          {
            path: "services.web.volumes[0]",
            place: { file: "compose.yaml" },
            remedy: expect.stringContaining("x-windflow: sync"),
          },
          { path: "services.web.volumes[3].x-windflow" },
          { path: "services.web.volumes[3]" },
        ],
      })
      const gone = modelOf(name, { web: { ...web(join(directory, "not")), configs: [], secrets: [] } })
      expect(yield* failureOf(bed.draft(up(stackOf(gone, directory))))).toMatchObject({
        _tag: "FileUnreadable",
        reason: "missing",
        place: { file: "compose.yaml" },
      })
    }),
  )
})

test("content that changes after it was planned with is not carried under the old name", async () => {
  const name = await project("moved")
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* prepared
      const stack = stackOf(modelIn(name, directory), directory)
      const { desired, draft } = yield* bed.draft(up(stack))
      writeFileSync(join(directory, "page.html"), "<p>other")
      expect(yield* failureOf(walk(bed.driver, desired, draft.operations))).toMatchObject({
        _tag: "ContentMissing",
        path: join(directory, "page.html"),
      })
      yield* bed.up(stack)
      expect(yield* output(bed, name, "cat /srv/page.html")).toBe("<p>other")
    }),
  )
})
