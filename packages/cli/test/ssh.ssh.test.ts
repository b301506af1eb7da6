/** `windflow -t ssh://…` on a real host: deploy, nothing to do, look, remove; what it says of a host that nobody knows. */
import { baseImages, type Host, startHost } from "@windflow/testcontainers"
import { copyFileSync, mkdirSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { type Bed, bundle, clearBeds, makeBed, shop } from "./bed.ts"

let host: Host
let image = ""
beforeAll(async () => {
  ;[host, { busybox: image }] = await Promise.all([startHost({ docker: true }), baseImages(["busybox"]), bundle()])
  await host.loadImage(image)
})
afterAll(async () => {
  await clearBeds()
  await host?.remove()
})

/** A user whose `~/.ssh` has what the host wants. */
const bedWithKey = async (name: string): Promise<Bed> => {
  const bed = await makeBed(name)
  const directory = path.join(bed.directory, ".ssh")
  mkdirSync(directory, { mode: 0o700 })
  copyFileSync(host.privateKey, path.join(directory, "id_ed25519"))
  copyFileSync(host.knownHosts, path.join(directory, "known_hosts"))
  return bed
}

it.each([
  // The system's ssh knows the user's home by itself and takes HOME for nothing: it is told by flags.
  ["system", () => ["--identity", host.privateKey, "--known-hosts", host.knownHosts]],
  ["built-in", () => []],
])("deploys, finds nothing to do, shows, executes, reads logs and removes: %s ssh", async (client, flags) => {
  const bed = await bedWithKey(`ssh-${client}`)
  bed.write(shop(image))
  const at = (...argv: ReadonlyArray<string>) =>
    bed.windflow(["--target", host.url(), ...flags(), ...argv], { env: { WINDFLOW_SSH: client } })
  const first = await at("up")
  expect(first.err).not.toContain("error")
  expect(first.code).toBe(0)
  expect((await at("up")).out).toContain("nothing was changed")
  expect((await at("ps")).out.match(/\(healthy\)/g)).toHaveLength(3)
  expect((await at("exec", "web", "echo", "from", "there")).out.trim()).toBe("from there")
  expect(await at("logs", "web")).toMatchObject({ code: 0 })
  expect((await host.run("docker", "ps", "-q")).output.trim().split("\n")).toHaveLength(3)
  // This machine's own engine was not touched.
  expect(await bed.containers()).toEqual([])
  expect(await at("down", "-v", "-y")).toMatchObject({ code: 0 })
  expect((await host.run("docker", "ps", "-aq")).output).toBe("")
})

it("reads DOCKER_HOST as Docker's own tools do", async () => {
  const bed = await bedWithKey("sshenv")
  bed.write(shop(image))
  const ps = await bed.windflow(["ps", "--format", "json"], {
    env: { DOCKER_HOST: host.url(), WINDFLOW_SSH: "built-in" },
  })
  expect(ps).toMatchObject({ code: 0, out: "[]\n" })
})

it("refuses a host that nobody knows: code 5, the fingerprint, and how to pin it", async () => {
  const bed = await makeBed("sshunknown")
  bed.write(shop(image))
  const ps = await bed.windflow(["ps", "-t", host.url(), "--identity", host.privateKey])
  expect(ps.code).toBe(5)
  expect(ps.err).toMatch(/SHA256:[\w+/]{43}/)
  expect(ps.err).toContain("windflow target add")
  const known = ["--identity", host.privateKey, "--known-hosts", host.knownHosts]
  expect(await bed.windflow(["ps", "-t", host.url(), ...known])).toMatchObject({ code: 0 })
})
