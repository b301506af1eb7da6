/** `windflow target bootstrap` on a bare host: what it would do, what it refuses, and that the host stays as it was. */
import { type Host, startHost } from "@windflow/testcontainers"
import { afterAll, beforeAll, expect, it } from "vitest"
import { type Bed, bundle, clearBeds, makeBed } from "./bed.ts"

let host: Host
let bed: Bed
beforeAll(async () => {
  ;[host] = await Promise.all([startHost({ docker: false }), bundle()])
  bed = await makeBed("bootstrap")
})
afterAll(async () => {
  await clearBeds()
  await host?.remove()
})

const bootstrap = (user: "deploy" | "plain", ...options: ReadonlyArray<string>) => {
  const access = ["--identity", host.privateKey, "--known-hosts", host.knownHosts]
  return bed.windflow(["target", "bootstrap", host.url(user), ...access, ...options])
}
const state = async () =>
  (await host.run("sh", "-c", "ls -R /etc/apt /home; dpkg -l | md5sum; cut -d: -f1 /etc/passwd /etc/group")).output

it("--dry-run shows every step, as text and as a plan, and takes none", async () => {
  const before = await state()
  const deployer = ["--deploy-user", "ship", "--deploy-key", `${host.privateKey}.pub`]
  const shown = await bootstrap("deploy", "--dry-run", "--detached", ...deployer)
  expect(shown.err).toBe("")
  expect(shown.code).toBe(0)
  expect(shown.out).toMatch(/^ {4}\$ .*apt-get .*install .*docker\.io/m)
  expect(shown.out).toMatch(/^ {4}\$ useradd .*ship/m)
  expect(shown.out).toContain("docker system dial-stdio")
  const plan = JSON.parse(
    (await bootstrap("deploy", "--dry-run", "--detached", ...deployer, "--format", "json")).out,
  ) as {
    operations: ReadonlyArray<unknown>
  }
  expect(plan.operations.length).toBeGreaterThan(3)
  expect(await state()).toBe(before)
})

it("refuses a host that has no init system, a user without sudo, and half a deploy user", async () => {
  const before = await state()
  const noInit = await bootstrap("deploy", "--dry-run")
  expect(noInit.code).toBe(4)
  expect(noInit.err).toContain("--detached")
  const noSudo = await bootstrap("plain", "--detached")
  expect(noSudo.code).toBe(5)
  expect(noSudo.err).toContain("plain")
  const half = await bootstrap("deploy", "--deploy-user", "ship")
  expect(half.code).toBe(3)
  expect(half.err).toContain("--deploy-key")
  expect(await state()).toBe(before)
})
