/** One engine reached over SSH and without it: `up` from nothing, `up` with nothing to do, `ps`; and how many connections that takes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Command } from "./contestants.ts"
import { running, sweep } from "./engineApi.ts"
import type { InProcess } from "./inProcess.ts"
import { measureHere, measureProcess, type Sample } from "./measure.ts"
import type { Comparison, Contestant, Scenario } from "./Scenario.ts"
import type { Bed } from "./scenarios.ts"
import type { SshBed } from "./sshBed.ts"
import { manyServices } from "./stacks.ts"

type Deed = "up" | "noop" | "ps"

/** Names of the contestants. */
const tunnelled = "compose, ssh -L"
const native = "compose, ssh://"
const ours = "windflow"
const inside = "windflow in-process"
const socket = "windflow, socket"
const handshake = "ssh true"

/** At ten services Compose's own `ssh://` still gets through a stock sshd. */
const ten: ReadonlyArray<Comparison> = [
  { of: ours, against: native, atMost: 0.5 },
  { of: inside, against: native, atMost: 0.5 },
]
const promises: Readonly<Record<Deed, ReadonlyArray<Comparison>>> = {
  up: [
    { of: inside, against: tunnelled, atMost: 1.05 },
    { of: ours, against: tunnelled, atMost: 1.05 },
    { of: inside, against: socket, atMost: 1.15 },
  ],
  noop: [
    { of: inside, against: tunnelled, atMost: 1.05 },
    { of: ours, against: tunnelled, plus: handshake, atMost: 1 },
    { of: inside, against: socket },
  ],
  ps: [
    { of: inside, against: tunnelled, atMost: 1.05 },
    { of: ours, against: tunnelled, plus: handshake, atMost: 1 },
    { of: inside, against: socket },
  ],
}
const titles: Readonly<Record<Deed, string>> = {
  up: "up -d from nothing",
  noop: "up -d of what is up",
  ps: "ps",
}

/** One stack for Compose and one for WindFlow: each finds what it made itself. */
const workspace = (prefix: string, count: number, image: string) => {
  const directory = mkdtempSync(join(tmpdir(), "windflow-bench-"))
  const projects = { compose: `${prefix}-ssh-compose`, windflow: `${prefix}-ssh-windflow` }
  for (const [name, project] of Object.entries(projects))
    writeFileSync(
      join(directory, `${name}.yaml`),
      manyServices(project, count, () => image),
    )
  return {
    directory,
    projects,
    file: join(directory, "windflow.yaml"),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

const argumentsOf = (command: Command, deed: Deed): ReadonlyArray<string> => {
  const file = `${command.name}.yaml`
  return deed === "ps" ? ["-f", file, "ps"] : command.up(file)
}

export const sshScenario = (bed: Bed, ssh: SshBed, deed: Deed, count: 10 | 50): Scenario => {
  const place = workspace(bed.prefix, count, bed.busybox)
  const { projects } = place
  const [compose, windflow] = [
    bed.commands.find(({ name }) => name === "compose"),
    bed.commands.find(({ name }) => name === "windflow"),
  ]

  const process =
    (command: Command, environment: Readonly<Record<string, string>>, before: ReadonlyArray<string> = []) =>
    (): Promise<Sample> =>
      measureProcess({
        argv: [...command.program, ...before, ...argumentsOf(command, deed)],
        directory: place.directory,
        environment: { ...command.environment, ...environment },
      })
  const library = (flow: InProcess) => (): Promise<Sample> =>
    measureHere(async () => void (await (deed === "ps" ? flow.count(projects.windflow) : flow.up(place.file))))

  const expectAll = async (project: string): Promise<void> => {
    const found = await running(ssh.engine, project)
    if (found !== count) throw new Error(`${project}: ${found} of ${count} containers run`)
  }
  const composeUp = () =>
    measureProcess({
      argv: [...(compose?.program ?? ["false"]), "-f", "compose.yaml", "up", "-d"],
      directory: place.directory,
      environment: { DOCKER_HOST: ssh.forwarded },
    })
  /** From nothing; or with the stack that is looked at, which the first round makes. */
  const prepare = async (maker: Command["name"], flow: InProcess | undefined): Promise<void> => {
    if (deed === "up") for (const project of Object.values(projects)) await sweep(ssh.engine, project)
    else if ((await running(ssh.engine, projects[maker])) !== count)
      await (maker === "compose" ? composeUp() : ssh.onSocket.up(place.file))
    // An open connection is what is measured in-process: the handshake is told by itself.
    if (flow !== undefined) await flow.count(projects.windflow)
  }
  const contestant = (
    name: string,
    maker: Command["name"],
    measure: () => Promise<Sample>,
    flow?: InProcess,
  ): Contestant => ({
    name,
    before: () => prepare(maker, flow),
    measure,
    check: () => expectAll(projects[maker]),
  })

  const contestants: ReadonlyArray<Contestant> = [
    ...(compose === undefined || count === 10
      ? []
      : [contestant(tunnelled, "compose", process(compose, { DOCKER_HOST: ssh.forwarded }))]),
    ...(compose === undefined || count === 50
      ? []
      : [
          contestant(
            native,
            "compose",
            process(compose, { DOCKER_HOST: ssh.url, PATH: `${ssh.path}:${globalThis.process.env["PATH"] ?? ""}` }),
          ),
        ]),
    ...(windflow === undefined
      ? []
      : [
          contestant(
            ours,
            "windflow",
            process(windflow, { DOCKER_HOST: ssh.url }, [
              "--identity",
              ssh.host.privateKey,
              "--known-hosts",
              ssh.host.knownHosts,
            ]),
          ),
        ]),
    contestant(inside, "windflow", library(ssh.overSsh), ssh.overSsh),
    ...(count === 10 ? [] : [contestant(socket, "windflow", library(ssh.onSocket), ssh.onSocket)]),
    ...(count === 10 || deed === "up"
      ? []
      : [
          {
            name: handshake,
            measure: () =>
              measureProcess({ argv: ["ssh", ...ssh.login, "true"], directory: tmpdir(), environment: {} }),
          },
        ]),
  ]
  return {
    name: `ssh-${deed}-${count}`,
    title: `over SSH, ${count} services: ${titles[deed]}`,
    rounds: bed.rounds ?? (deed === "up" ? 7 : 15),
    contestants,
    comparisons: count === 10 ? ten : promises[deed],
    missing: bed.missing,
    close: async () => {
      for (const project of Object.values(projects)) await sweep(ssh.engine, project)
      place.remove()
    },
  }
}

/** What 50 services up, up again and listed cost the host in connections and logins, from a process that has none open. */
export const countConnections = async (
  bed: Bed,
  ssh: SshBed,
  open: () => Promise<InProcess>,
): Promise<ReadonlyArray<string>> => {
  const place = workspace(`${bed.prefix}-count`, 50, bed.busybox)
  const before = await ssh.seen()
  const flow = await open()
  try {
    await flow.up(place.file)
    await flow.up(place.file)
    const containers = await flow.count(place.projects.windflow)
    const after = await ssh.seen()
    return [
      `${containers} containers`,
      `${after.connections - before.connections} TCP connections`,
      `${after.logins - before.logins} authentications`,
    ]
  } finally {
    await flow[Symbol.asyncDispose]()
    await sweep(ssh.engine, place.projects.windflow)
    place.remove()
  }
}
