// Docker Compose 5.5.0 as the oracle: what we create equals what it creates, and neither touches what the other deployed.
import { execFileSync } from "node:child_process"
import { baseImages, composeReference, orSkip, session } from "@windflow/testcontainers"
import { Effect, Schema } from "effect"
import { afterAll, beforeAll, expect, test, type TestContext } from "vitest"
import { StackModel } from "../../model/StackModel.ts"
import { changes, down, folder, openBed, stackOf, up, type Bed } from "./testBed.ts"

let busybox = ""
const projects = new Set<string>()
const project = async (name: string): Promise<string> => {
  const full = `windflow-test-interchange-${name}`
  projects.add(full)
  ;(await session()).addProject(full)
  return full
}
const withBed = <A, R>(body: (bed: Bed) => Effect.Effect<A, unknown, R>) =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(), body) as Effect.Effect<A, unknown>)) // folders live in this scope

beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
})
afterAll(() => withBed((bed) => Effect.forEach(projects, (name) => bed.down(name, { volumes: true }))))

/** Runs Compose in a folder; its model of the file is what the loader must give us too. */
const reference = async (context: TestContext) => {
  const { binary } = orSkip(await composeReference(), context)
  const compose = (directory: string, ...args: ReadonlyArray<string>) =>
    execFileSync(binary, ["-f", `${directory}/compose.yaml`, ...args], { encoding: "utf8", stdio: "pipe" })
  const stack = (directory: string) =>
    stackOf(
      Schema.decodeUnknownSync(Schema.fromJsonString(StackModel))(compose(directory, "config", "--format", "json")),
      directory,
    )
  return { compose, stack }
}

type Json = { readonly [key: string]: unknown }

/** What differs between any two containers, and our own labels. */
const volatile: ReadonlySet<string> = new Set([
  "Id", "Created", "ResolvConfPath", "HostnamePath", "HostsPath", "LogPath", "GraphDriver", "State", "SandboxID", "SandboxKey",
  "EndpointID", "MacAddress", "IPAddress", "Gateway", "NetworkID", "DNSNames", "windflow.fields", "windflow.extra", "windflow.hooks", "IPPrefixLen", "GlobalIPv6Address", "IPv6Gateway",
]) // prettier-ignore

const comparable = (value: unknown, id: string): unknown => {
  if (typeof value === "string")
    return (
      value
        .replaceAll(id, "<id>")
        .replaceAll(id.slice(0, 12), "<id>")
        .replace(/[0-9a-f]{64}/g, "<digest>")
        // The host name of a container whose network is shared.
        .replace(/^[0-9a-f]{12}$/, "<short id>")
    )
  // Compose follows Go's random map order in these lists.
  if (Array.isArray(value))
    return value
      .map((item) => comparable(item, id))
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !volatile.has(key))
      .map(([key, item]) => (key === "HostPort" && /^[1-9]/.test(String(item)) ? [key, "<port>"] : [key, item]))
      .map(([key, item]) => [
        key,
        key === "com.docker.compose.depends_on" ? String(item).split(",").toSorted() : comparable(item, id),
      ]),
  )
}

const inspect = (name: string): unknown => {
  const [found] = JSON.parse(execFileSync("docker", ["inspect", name], { encoding: "utf8" })) as ReadonlyArray<Json>
  return comparable(found, String(found?.["Id"]))
}

const everything = (name: string) => `
name: ${name}
services:
  plain:
    image: ${busybox}
    command: [sleep, "1000"]
  full:
    image: ${busybox}
    command: [sleep, "1000"]
    entrypoint: []
    environment: { B: two, A: "1", EMPTY: "", UNSET: }
    labels: { one: "1", com.example.two: two }
    annotations: { note: text }
    ports: ["127.0.0.1::80", "127.0.0.1::53/udp"]
    expose: ["3000", "4000-4002/udp"]
    volumes:
      - data:/data
      - data2:/ro:ro
      - ./here:/here:ro
      - { type: volume, source: data, target: /nocopy, volume: { nocopy: true } }
      - { type: bind, source: ./here, target: /strict, bind: { create_host_path: false } }
      - /anonymous
      - { type: tmpfs, target: /scratch, tmpfs: { size: 1m, mode: 0o700 } }
    networks:
      default:
      back: { aliases: [other, third], ipv4_address: 10.213.7.20 }
    configs: [settings, { source: settings, target: /etc/other.conf }]
    secrets: [token]
    depends_on:
      plain: { condition: service_started, restart: true }
      well: { condition: service_healthy }
    restart: on-failure:3
    user: "0:0"
    working_dir: /tmp
    hostname: host
    domainname: example.org
    tty: true
    stdin_open: true
    init: true
    read_only: true
    privileged: false
    cap_add: [NET_ADMIN]
    cap_drop: [MKNOD]
    tmpfs: ["/run", "/var/tmp:size=64k"]
    sysctls: { net.core.somaxconn: "512" }
    ulimits: { nofile: { soft: 100, hard: 200 }, nproc: 50 }
    extra_hosts: ["db.local:10.0.0.9"]
    dns: [9.9.9.9]
    dns_search: [example.org]
    dns_opt: ["ndots:2"]
    logging: { driver: json-file, options: { max-size: 1m } }
    stop_signal: SIGINT
    stop_grace_period: 1m5s
    shm_size: 32m
    security_opt: ["no-new-privileges:true"]
    mem_limit: 64m
    mem_reservation: 32m
    cpus: 0.5
    cpu_shares: 512
    pids_limit: 100
    group_add: ["7"]
    oom_score_adj: 100
    ipc: shareable
    healthcheck: { test: [CMD, "true"], interval: 1m30s, timeout: 3s, retries: 4, start_period: 2s }
  well:
    image: ${busybox}
    command: sleep 1000
    healthcheck: { test: "true", interval: 1s, start_period: 5s, start_interval: 1s }
    deploy: { resources: { limits: { cpus: "0.25", memory: 48M, pids: 60 }, reservations: { memory: 16M } }, restart_policy: { condition: any } }
  alone:
    image: ${busybox}
    command: [sleep, "1000"]
    network_mode: none
    container_name: ${name}-by-name
    devices: ["/dev/null:/dev/nothing:r"]
    security_opt: ["systempaths=unconfined"]
    pid: host
networks:
  back: { ipam: { config: [{ subnet: 10.213.7.0/24 }] }, internal: true, labels: { kind: back } }
volumes:
  data:
  data2: { labels: { kind: data } }
configs: { settings: { file: ./here/settings } }
secrets: { token: { file: ./here/token } }
`

const inFolder = (text: string) =>
  Effect.map(folder({ "compose.yaml": text, "here/settings": "s", "here/token": "t" }), (directory) => directory)

const networkShape = (name: string) => {
  const [found] = JSON.parse(
    execFileSync("docker", ["network", "inspect", name], { encoding: "utf8" }),
  ) as ReadonlyArray<Json>
  const { Id: _id, Created: _created, Containers: _containers, ...rest } = found ?? {}
  // Pools without a subnet in the file get the next free one.
  return name.endsWith("default") ? { ...rest, IPAM: undefined } : rest
}
const volumeShape = (name: string) => {
  const [found] = JSON.parse(
    execFileSync("docker", ["volume", "inspect", name], { encoding: "utf8" }),
  ) as ReadonlyArray<Json>
  const { CreatedAt: _created, ...rest } = found ?? {}
  return rest
}

test("containers, networks and volumes equal Compose's", async (context) => {
  const name = await project("equal")
  const { compose, stack } = await reference(context)
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* inFolder(everything(name))
      const look = () => ({
        containers: ["plain-1", "full-1", "well-1", "by-name"].map((part) => inspect(`${name}-${part}`)),
        networks: ["default", "back"].map((part) => networkShape(`${name}_${part}`)),
        volumes: ["data", "data2"].map((part) => volumeShape(`${name}_${part}`)),
      })
      compose(directory, "up", "-d")
      const theirs = look()
      compose(directory, "down", "-v", "-t", "0")
      yield* bed.up(stack(directory), { until: "started" })
      const ours = look()
      expect(ours.containers).toEqual(theirs.containers)
      expect(ours.networks).toEqual(theirs.networks)
      expect(ours.volumes).toEqual(theirs.volumes)
      yield* bed.down(name, { volumes: true })
    }),
  )
})

const small = (name: string, command: string) => `
name: ${name}
services:
  db:
    image: ${busybox}
    command: [sleep, "1000"]
    init: true
    healthcheck: { test: [CMD, "true"], interval: 1s, start_period: 5s, start_interval: 1s }
  web:
    image: ${busybox}
    command: ${command}
    init: true
    scale: 2
    depends_on: { db: { condition: service_healthy } }
    volumes: ["data:/data", "/anonymous"]
volumes: { data: }
`
const ids = (name: string) =>
  execFileSync("docker", ["ps", "-aq", "--no-trunc", "--filter", `label=com.docker.compose.project=${name}`], {
    encoding: "utf8",
  })
    .trim()
    .split("\n")
    .toSorted()

test("Compose recreates nothing of ours, we nothing of Compose's; ls, ps, logs and down work on ours", async (context) => {
  const name = await project("both")
  const { compose, stack } = await reference(context)
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* inFolder(small(name, "sh -c 'echo hello; sleep 1000'"))
      yield* bed.up(stack(directory))
      const ours = ids(name)
      expect(ours).toHaveLength(3)
      compose(directory, "up", "-d")
      expect(ids(name)).toEqual(ours)
      expect(compose(directory, "ls", "--format", "json")).toContain(`${directory}/compose.yaml`)
      expect(compose(directory, "ps", "--services").trim().split("\n").toSorted()).toEqual(
        ["db", "web", "web"].slice(0, 2),
      )
      expect(compose(directory, "logs", "web")).toContain("hello")
      compose(directory, "down", "-t", "0")
      expect(ids(name)).toEqual([""])

      compose(directory, "up", "-d")
      const theirs = ids(name)
      expect(yield* Effect.map(bed.draft(up(stack(directory))), ({ draft }) => draft.operations)).toEqual([])
      expect((yield* bed.driver.instances(name)).map(({ managedBy }) => managedBy)).toEqual([
        "compose",
        "compose",
        "compose",
      ])
      const edited = yield* inFolder(small(name, "sleep 2000"))
      expect(changes(yield* bed.up(stack(edited)))).toEqual([
        "replace service:web:1 (configuration changed)",
        "replace service:web:2 (configuration changed)",
      ])
      const mixed = ids(name)
      expect(mixed.filter((id) => theirs.includes(id))).toHaveLength(1)
      compose(edited, "up", "-d")
      expect(ids(name)).toEqual(mixed)
      yield* bed.run(down(name, { volumes: true }))
      expect(ids(name)).toEqual([""])
    }),
  )
})

test("Compose goes on where we were interrupted, and we leave alone what it made", async (context) => {
  const name = await project("crash")
  const { compose, stack } = await reference(context)
  await withBed((bed) =>
    Effect.gen(function* () {
      const first = yield* inFolder(small(name, "sleep 1000"))
      const second = yield* inFolder(small(name, "sleep 2000"))
      yield* bed.up(stack(first))
      let count = 0
      yield* bed.run(up(stack(second)), () => count++ === 4)
      compose(second, "up", "-d", "-t", "0")
      expect(ids(name)).toHaveLength(3)
      // Compose takes our successors over and leaves them their temporary names: we rename them, nothing restarts.
      const theirs = ids(name)
      const { operations } = yield* bed.up(stack(second))
      expect(operations.filter(({ verb }) => verb !== "Wait").map(({ verb }) => verb)).toEqual([
        "RenameContainer",
        "RenameContainer",
      ])
      expect(ids(name)).toEqual(theirs)
      compose(second, "up", "-d", "-t", "0")
      expect(ids(name)).toEqual(theirs)
      expect((yield* bed.draft(up(stack(second)))).draft.operations).toEqual([])
    }),
  )
})

const sharing = (name: string, command: string) => `
name: ${name}
services:
  web:
    image: ${busybox}
    command: ${command}
    init: true
    ipc: shareable
    stop_grace_period: 0s
    volumes: ["/anonymous"]
  side: { image: ${busybox}, command: sleep 1000, init: true, network_mode: "service:web", stop_grace_period: 0s }
  pod: { image: ${busybox}, command: sleep 1000, init: true, ipc: "service:web", pid: "service:web", stop_grace_period: 0s }
  copy: { image: ${busybox}, command: sleep 1000, init: true, volumes_from: [web], stop_grace_period: 0s }
  linked: { image: ${busybox}, command: sleep 1000, init: true, links: ["web:site"], external_links: ["${name}-web-1:ext"], stop_grace_period: 0s }
  old: { image: ${busybox}, command: sleep 1000, init: true, network_mode: bridge, stop_grace_period: 0s }
  older: { image: ${busybox}, command: sleep 1000, init: true, network_mode: bridge, links: [old], stop_grace_period: 0s }
`

test("namespaces, volumes and links of other services: equal, left alone both ways, and replaced together", async (context) => {
  const name = await project("shared")
  const { compose, stack } = await reference(context)
  await withBed((bed) =>
    Effect.gen(function* () {
      const parts = ["web", "side", "pod", "copy", "linked", "old", "older"]
      const look = () => parts.map((part) => inspect(`${name}-${part}-1`))
      const first = yield* inFolder(sharing(name, "sleep 1000"))
      const second = yield* inFolder(sharing(name, "sleep 2000"))
      compose(first, "up", "-d")
      const theirs = look()
      const made = ids(name)
      expect((yield* bed.draft(up(stack(first), { until: "started" }))).draft.operations).toEqual([])
      compose(second, "up", "-d")
      const kept = ids(name).filter((id) => made.includes(id))
      expect((yield* bed.draft(up(stack(second), { until: "started" }))).draft.operations).toEqual([])
      compose(second, "down", "-v", "-t", "0")

      yield* bed.up(stack(first))
      const ours = look()
      // Both paths differ by their folder.
      const shape = (found: unknown, directory: string) => JSON.parse(JSON.stringify(found).replaceAll(directory, "/d"))
      expect(shape(ours, first)).toEqual(shape(theirs, first))
      const before = ids(name)
      compose(first, "up", "-d")
      expect(ids(name)).toEqual(before)
      const draft = yield* bed.up(stack(second))
      expect(
        changes(draft)
          .filter((change) => change.startsWith("replace"))
          .toSorted(),
      ).toEqual([
        "replace service:copy:1 (it shares with web, which is replaced)",
        "replace service:pod:1 (it shares with web, which is replaced)",
        "replace service:side:1 (it shares with web, which is replaced)",
        "replace service:web:1 (configuration changed: command)",
      ])
      const mixed = ids(name)
      expect(mixed.filter((id) => before.includes(id))).toHaveLength(kept.length)
      expect((yield* bed.draft(up(stack(second)))).draft.operations).toEqual([])
      compose(second, "up", "-d")
      expect(ids(name)).toEqual(mixed)
    }),
  )
})
