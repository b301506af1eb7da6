/**
 * One project on the engine, deployed from a folder by Docker Compose or by us, and what can be seen of it. No part of the product.
 */
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { Effect, type Schema, type Scope } from "effect"
import { nodeCapability } from "../../../compose-node/index.ts"
import { load } from "../../../compose/index.ts"
import type { Stack } from "../../../model/Stack.ts"
import type { Request, UpOptions } from "../../Request.ts"
import { labels } from "../names.ts"
import { resolveEndpoint } from "../../../transport/endpoint.ts"
import { dialEndpoint, makeEngineHttp } from "../../../transport/EngineHttp.ts"
import { processSources } from "../../../transport/openDocker.ts"
import { up } from "../testBed.ts"
import { comparable, comparableContainer } from "./comparable.ts"
import { agentSocket, envOf, filesOf, type Flags, flagsOf, type Step, type Subject } from "./Subject.ts"

type Json = Schema.Json
const run = promisify(execFile)

/** Of what `docker inspect` answers, what this file itself reads. */
interface Container {
  readonly [key: string]: Json
  readonly Id: string
  readonly Name: string
  readonly Image: string
  readonly Created: string
  readonly State: { readonly [key: string]: Json; readonly Status: string; readonly StartedAt: string }
  readonly HostConfig: Json
  readonly Config: { readonly Image: string; readonly Labels: Readonly<Record<string, string>> }
}
interface Network {
  readonly [key: string]: Json
  readonly Id: string
  readonly Name: string
}
interface Image {
  readonly Architecture: string
  readonly Os: string
  readonly Config: Json
}
interface Volume {
  readonly [key: string]: Json
  readonly Name: string
}

/** What is there of a project at one moment. */
export interface Look {
  /** Ready to be compared. */
  readonly shape: { readonly [key: string]: Json }
  /** By container name: which container it is, and since when it runs. */
  readonly containers: ReadonlyMap<
    string,
    { readonly id: string; readonly startedAt: string; readonly resource: string }
  >
  /** By name; a network that was made anew has another id. */
  readonly networks: ReadonlyMap<string, string>
}

/** Docker Compose 5.5.0, and what it needs in its environment. */
export interface Reference {
  readonly binary: string
  readonly env: Readonly<Record<string, string>>
}

export interface World {
  readonly project: string
  readonly directory: string
  /** Writes the files of a step. */
  readonly write: (step: Step) => void
  /** The request that our `up` of a step is. */
  readonly request: (step: Step) => Effect.Effect<Request, unknown>
  /** Runs a command of Docker Compose's; its output. */
  readonly compose: (reference: Reference, step: Step, ...command: ReadonlyArray<string>) => Promise<string>
  readonly look: (step: Step) => Promise<Look>
  /** Removes the images that were built for the project. */
  readonly forgetImages: () => Promise<void>
}

const flagsForCompose = (flags: Flags): ReadonlyArray<string> => [
  ...Object.entries(flags.scale ?? {}).flatMap(([service, count]) => ["--scale", `${service}=${count}`]),
  ...(flags.noDeps === true ? ["--no-deps"] : []),
  ...(flags.forceRecreate === true ? ["--force-recreate"] : []),
  ...(flags.removeOrphans === true ? ["--remove-orphans"] : []),
  ...(flags.build === true ? ["--build"] : []),
  ...(flags.services ?? []),
]

/** What Compose's `up -d` is called with at a step. */
export const upOfCompose = (subject: Subject, step: Step): ReadonlyArray<string> => [
  "up",
  "-d",
  "-t",
  "0",
  ...flagsForCompose(flagsOf(subject, step)),
]

const optionsForUs = (flags: Flags): Partial<UpOptions> => ({
  // As `up -d` does: dependencies are waited for, not the end of it.
  until: "started",
  stopTimeout: 0,
  ...(flags.services === undefined ? {} : { services: flags.services }),
  ...(flags.scale === undefined ? {} : { scale: flags.scale }),
  noDeps: flags.noDeps ?? false,
  recreate: flags.forceRecreate === true ? "force" : "diverged",
  removeOrphans: flags.removeOrphans ?? false,
  build: flags.build === true ? "always" : "missing",
})

const docker = async (...args: ReadonlyArray<string>): Promise<string> =>
  (await run("docker", [...args], { maxBuffer: 64 * 1024 * 1024 })).stdout

/** Reads from the engine, without a process a question. The answers are its own; what is read of them is named above. */
export type Ask = <A>(path: string) => Promise<A>

const openAsk: Effect.Effect<Ask, unknown, Scope.Scope> = Effect.gen(function* () {
  const { endpoint } = yield* Effect.fromResult(resolveEndpoint(undefined, processSources(process.env)))
  if (endpoint._tag === "Ssh") return yield* Effect.fail(new Error("this suite needs an engine without SSH"))
  const http = yield* makeEngineHttp(endpoint.url, dialEndpoint(endpoint))
  return <A>(path: string) =>
    Effect.runPromise(
      Effect.map(http.send({ method: "GET", path: `/v1.44${path}` }), ({ text }) => JSON.parse(text) as A),
    )
})

/** A query that finds by label, `{"label":["…"]}`. */
const filtered = (filters: Readonly<Record<string, ReadonlyArray<string>>>): string =>
  `filters=${encodeURIComponent(JSON.stringify(filters))}`

const listed = async (ask: Ask, project: string) => {
  const query = filtered({ label: [`${labels.project}=${project}`] })
  const [containers, networks, volumes] = await Promise.all([
    ask<ReadonlyArray<{ readonly Id: string }>>(`/containers/json?all=1&${query}`),
    ask<ReadonlyArray<{ readonly Id: string }>>(`/networks?${query}`),
    ask<{ readonly Volumes: ReadonlyArray<Volume> | null }>(`/volumes?${query}`),
  ])
  return {
    containers: containers.map(({ Id }) => Id),
    networks: networks.map(({ Id }) => Id),
    volumes: volumes.Volumes ?? [],
  }
}

/** Tags of images that were built for the project: its own names begin with it. */
const tagsOf = async (ask: Ask, project: string): Promise<ReadonlyArray<string>> => {
  const query = filtered({ reference: [`${project}-*`] })
  const images = await ask<ReadonlyArray<{ readonly RepoTags: ReadonlyArray<string> | null }>>(`/images/json?${query}`)
  return images.flatMap(({ RepoTags }) => RepoTags ?? []).toSorted()
}

const deadline = 20_000
const pause = 50

const nameOf = (container: Container): string => container.Name.replace(/^\//, "")
const serviceOf = (container: Container): string => container.Config.Labels[labels.service] ?? ""

/** Containers of a project, once those of services that end have ended. */
const settled = async (ask: Ask, subject: Subject, ids: ReadonlyArray<string>): Promise<ReadonlyArray<Container>> => {
  const ending = new Set(subject.ends)
  for (const started = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, pause))) {
    const containers = await Promise.all(ids.map((id) => ask<Container>(`/containers/${id}/json`)))
    const waiting = containers.filter(
      (container) => ending.has(serviceOf(container)) && container.State.Status === "running",
    )
    if (waiting.length === 0) return containers
    if (Date.now() - started > deadline) throw new Error(`${waiting.map(nameOf).join(", ")} did not end`)
  }
}

/** A look at everything that carries the project's label, and at what was given by hand and what is attached to it. */
const lookAt = async (ask: Ask, subject: Subject, project: string, step: Step): Promise<Look> => {
  const found = await listed(ask, project)
  // One after the other: what has ended has left its networks.
  const containers = await settled(ask, subject, found.containers)
  const { networks: outside = [], containers: others = [] } = subject.given ?? {}
  const [networks, given] = await Promise.all([
    Promise.all(
      [...found.networks, ...outside.map((name) => `${project}-${name}`)].map((id) => ask<Network>(`/networks/${id}`)),
    ),
    Promise.all(others.map((name) => ask<Container>(`/containers/${project}-${name}/json`))),
  ])
  const { volumes } = found
  const built = containers.filter(({ Config }) => Config.Image.startsWith(project))
  const ids = new Map([
    ...[...containers, ...given].map((container) => [container.Id, `<${nameOf(container)}>`] as const),
    ...networks.map(({ Id, Name }) => [Id, `<${Name}>`] as const),
    ...built.map(({ Image, Config }) => [Image, `<image ${Config.Image}>`] as const),
  ])
  const known = { ids, text: Object.values(filesOf(subject, step)).join("\n") }
  const tags = await tagsOf(ask, project)
  const images = await Promise.all(tags.map((tag) => ask<Image>(`/images/${tag}/json`)))
  const probes: Array<readonly [string, Json]> = []
  for (const [service, command] of Object.entries(subject.probe ?? {})) {
    const first = containers
      .filter((container) => serviceOf(container) === service)
      .toSorted((a, b) => (a.Name < b.Name ? -1 : 1))[0]
    probes.push([service, first === undefined ? "(no container)" : await probed(first.Id, command)])
  }
  const byName = (items: ReadonlyArray<Network | Volume>) =>
    Object.fromEntries(items.map((item) => [item.Name, comparable(item, known)]))
  return {
    shape: {
      containers: Object.fromEntries(
        containers.map((container) => [nameOf(container), comparableContainer(container, known)]),
      ),
      networks: byName(networks),
      volumes: byName(volumes),
      // Ids and layers carry the time of the build; what containers take from an image is its configuration.
      images: Object.fromEntries(
        images.map(({ Config, Architecture, Os }, index) => [
          tags[index],
          comparable({ Config, Architecture, Os }, known),
        ]),
      ),
      probes: Object.fromEntries(probes),
    },
    containers: new Map(
      containers.map((container) => [
        nameOf(container),
        {
          id: container.Id,
          startedAt: container.State.StartedAt,
          resource: `service:${serviceOf(container)}:${container.Config.Labels[labels.number] ?? "?"}`,
        },
      ]),
    ),
    networks: new Map(networks.map(({ Id, Name }) => [Name, Id])),
  }
}

/** Output of a command in a container; it fails when the container cannot run it. */
const probed = async (id: string, command: string): Promise<string> =>
  docker("exec", id, "sh", "-c", command).then((text) => text.replaceAll(id.slice(0, 12), "<id>"))

const make = async (subject: Subject, project: string, busybox: string): Promise<void> => {
  const { networks = [], volumes = [], containers = [] } = subject.given ?? {}
  for (const name of networks) await docker("network", "create", `${project}-${name}`)
  for (const name of volumes) await docker("volume", "create", `${project}-${name}`)
  for (const name of containers)
    await docker("run", "-d", "--name", `${project}-${name}`, "-v", "/data", busybox, "sleep", "1000")
}

const unmake = async (subject: Subject, project: string): Promise<void> => {
  const { networks = [], volumes = [], containers = [] } = subject.given ?? {}
  const quietly = (...args: ReadonlyArray<string>) => docker(...args).catch(() => "")
  if (containers.length > 0) await quietly("rm", "-fv", ...containers.map((name) => `${project}-${name}`))
  if (networks.length > 0) await quietly("network", "rm", ...networks.map((name) => `${project}-${name}`))
  if (volumes.length > 0) await quietly("volume", "rm", ...volumes.map((name) => `${project}-${name}`))
}

/** A stack of a subject, read by our loader from the folder. */
export const loadSubject = (
  subject: Subject,
  step: Step,
  directory: string,
  env: Readonly<Record<string, string>>,
  project?: string,
) =>
  load(
    {
      workingDirectory: directory,
      files: [join(directory, "compose.yaml")],
      ...(project === undefined ? {} : { projectName: project }),
      ...(subject.profiles === undefined ? {} : { profiles: subject.profiles }),
      ...(subject.envFiles === undefined ? {} : { envFiles: subject.envFiles }),
    },
    nodeCapability({ env: { ...env, ...envOf(subject, step) } }),
  ) satisfies Effect.Effect<Stack, unknown>

/** What the files of a project may refer to, and what Compose runs with. */
const environmentOf = (project: string, busybox: string): Readonly<Record<string, string>> => ({
  PATH: process.env["PATH"] ?? "",
  HOME: process.env["HOME"] ?? "/",
  BUSYBOX: busybox,
  PROJECT: project,
  ...(process.env["DOCKER_HOST"] === undefined ? {} : { DOCKER_HOST: process.env["DOCKER_HOST"] }),
})

/** The request that our `up` of a step is, from the files that lie in the folder. */
export const requestIn = (subject: Subject, step: Step, directory: string, project: string, busybox: string) =>
  Effect.map(
    loadSubject(
      subject,
      step,
      directory,
      environmentOf(project, busybox),
      subject.namedByFile === true ? undefined : project,
    ),
    (stack): Request => up(stack, optionsForUs(flagsOf(subject, step))),
  )

/** A folder, and what the subject wants to be there before; all gone with the scope (what was deployed is not). */
export const world = (subject: Subject, project: string, busybox: string): Effect.Effect<World, unknown, Scope.Scope> =>
  Effect.flatMap(openAsk, (ask) => inFolder(subject, project, busybox, ask))

const inFolder = (subject: Subject, project: string, busybox: string, ask: Ask) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      await unmake(subject, project)
      await make(subject, project, busybox)
      const directory = mkdtempSync(join(tmpdir(), `${project}-`))
      const env = environmentOf(project, busybox)
      const named = subject.namedByFile === true ? undefined : project
      const compose: World["compose"] = async (reference, step, ...command) => {
        const before = [
          ...(named === undefined ? [] : ["-p", named]),
          ...(subject.profiles ?? []).flatMap((profile) => ["--profile", profile]),
          ...(subject.envFiles ?? []).flatMap((file) => ["--env-file", join(directory, file)]),
          "-f",
          join(directory, "compose.yaml"),
        ]
        const running = run(reference.binary, [...before, ...command], {
          cwd: directory,
          env: { ...env, ...reference.env, ...envOf(subject, step) },
          maxBuffer: 64 * 1024 * 1024,
        })
        // It asks before it makes a volume anew; nobody answers here.
        running.child.stdin?.end()
        const { stdout, stderr } = await running
        return stdout + stderr
      }
      const agents: Record<string, Server> = {}
      const made: World & { readonly agents: typeof agents } = {
        agents,
        project,
        directory,
        write: (step) => {
          for (const [name, text] of Object.entries(filesOf(subject, step))) {
            mkdirSync(dirname(join(directory, name)), { recursive: true })
            if (text !== agentSocket)
              writeFileSync(join(directory, name), text, { mode: text.startsWith("#!") ? 0o755 : 0o644 })
            else agents[name] ??= createServer((socket) => socket.destroy()).listen(join(directory, name))
          }
        },
        request: (step) => requestIn(subject, step, directory, project, busybox),
        compose,
        look: (step) => lookAt(ask, subject, project, step),
        forgetImages: async () => {
          const tags = await tagsOf(ask, project)
          if (tags.length > 0) await docker("image", "rm", "-f", ...tags)
        },
      }
      return made
    }),
    ({ directory, agents }) =>
      Effect.promise(async () => {
        for (const agent of Object.values(agents)) agent.close()
        rmSync(directory, { recursive: true, force: true })
        await unmake(subject, project)
      }),
  )
