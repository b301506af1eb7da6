/** One command on two hosts: both, one that fails without the other, and all or nothing. */
import { baseImages, type Host, startHost } from "@windflow/testcontainers"
import { afterAll, beforeAll, expect, it } from "vitest"
import { type Bed, bundle, clearBeds, makeBed } from "./bed.ts"

let hosts: ReadonlyArray<Host> = []
let bed: Bed
let image = ""
const stackOf = (seconds: number) =>
  `services:\n  web:\n    image: ${image}\n    command: [sleep, "${seconds}"]\n    init: true\n    stop_grace_period: 0s\n`

beforeAll(async () => {
  ;[hosts, { busybox: image }] = await Promise.all([
    Promise.all([startHost({ docker: true }), startHost({ docker: true })]),
    baseImages(["busybox"]),
    bundle(),
  ])
  await Promise.all(hosts.map((host) => host.loadImage(image)))
  bed = await makeBed("fleet")
  for (const [index, host] of hosts.entries()) {
    const pinned = [
      "--identity",
      host.privateKey,
      "--host-key",
      host.hostKey,
      "--in-group",
      "web",
      "--label",
      `tier=${index}`,
    ]
    const { code, err } = await bed.windflow(["target", "add", `box${index}`, host.url(), ...pinned])
    if (code !== 0) throw new Error(err)
  }
})
afterAll(async () => {
  await clearBeds()
  await Promise.all(hosts.map((host) => host.remove()))
})

/** What the service's container runs on each host. */
const commands = () =>
  Promise.all(
    hosts.map(
      async (host) => (await host.run("sh", "-c", "docker ps -q | xargs -r docker inspect -f '{{.Args}}'")).output,
    ),
  )
const row = (out: string, name: string): string =>
  out.split("\n").find((line) => line.startsWith(`${name} `) && !line.includes("|")) ?? ""

it("deploys to both by name and by group, to one by its label, shows both, and refuses verbs that mean one", async () => {
  bed.write(stackOf(1001))
  const up = await bed.windflow(["up", "-d", "--target", "box0,box1"])
  expect(up.code).toBe(0)
  expect(up.out).toMatch(/^box0 \| /m)
  for (const name of ["box0", "box1"]) expect(row(up.out, name)).toContain("done")
  expect((await commands()).every((text) => text.includes("1001"))).toBe(true)
  const ps = await bed.windflow(["ps", "-g", "web"])
  expect(ps.out.match(/-web-1/g)).toHaveLength(2)
  const labelled = await bed.windflow(["ps", "-g", "tier=1"])
  expect(labelled.out.match(/-web-1/g)).toHaveLength(1)
  expect(labelled.out).toMatch(/^box1 \| /m)
  const nobody = await bed.windflow(["ps", "-g", "tier=2"])
  expect(nobody.code).toBe(3)
  expect(nobody.err).toContain("tier=1")
  expect(await bed.windflow(["logs", "-g", "web"])).toMatchObject({ code: 3 })
  expect(await bed.windflow(["ps", "-g", "nowhere"])).toMatchObject({ code: 3 })
})

it("one that fails does not stop the other; all or nothing puts the other back", async () => {
  await hosts[1]!.dockerd.stop()
  bed.write(stackOf(1002))
  const apart = await bed.windflow(["up", "-d", "-g", "web"])
  expect(apart.code).toBe(5)
  expect(row(apart.out, "box0")).toContain("done")
  expect(row(apart.out, "box1")).toContain("failed")
  expect((await commands())[0]).toContain("1002")

  await hosts[1]!.dockerd.start()
  expect(await bed.windflow(["up", "-d", "-g", "web"])).toMatchObject({ code: 0 })
  // It cannot run there: the name of its container is taken by somebody else.
  await hosts[1]!.run("docker", "create", "--name", `${bed.project}-extra-1`, image, "true")
  bed.write(
    `${stackOf(1003)}  extra:\n    image: ${image}\n    command: [sleep, "1"]\n    init: true\n    stop_grace_period: 0s\n`,
  )
  const together = await bed.windflow(["up", "-d", "-g", "web", "--all-or-nothing"])
  expect(together.code).not.toBe(0)
  expect(row(together.out, "box1")).toMatch(/undone|not begun/)
  expect((await commands()).every((text) => text.includes("1002") && !text.includes("1003"))).toBe(true)
})
