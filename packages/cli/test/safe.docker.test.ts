/** Safer than Compose, as a person sees it: what would fail is refused with 4, what did fail is put back and said. */
import { baseImages, docker } from "@windflow/testcontainers"
import { afterAll, beforeAll, expect, it } from "vitest"
import { bundle, clearBeds, makeBed } from "./bed.ts"

let image = ""
beforeAll(async () => {
  image = (await baseImages(["busybox"])).busybox
  await bundle()
})
afterAll(clearBeds)

const web = (script: string, port?: string) => `
services:
  web:
    image: ${image}
    command: ["sh", "-c", "${script}"]
    init: true
    stop_grace_period: 0s
    ${port === undefined ? "" : `ports: ["127.0.0.1:${port}:80"]`}
    healthcheck: { test: [CMD, test, -f, /ok], interval: 200ms, timeout: 5s, retries: 2 }
`

it("a taken port: plan, up and up --dry-run say who holds it, exit with 4 and make nothing", async () => {
  const [holder, bed] = [await makeBed("holder"), await makeBed("refused")]
  holder.write(web("touch /ok; sleep 1000", "0"))
  expect(await holder.windflow(["up"])).toMatchObject({ code: 0 })
  const { NetworkSettings } = await (await docker()).getContainer(`${holder.project}-web-1`).inspect()
  const port = NetworkSettings.Ports["80/tcp"]?.[0]?.HostPort ?? ""
  bed.write(web("touch /ok; sleep 1000", port))
  for (const argv of [["plan"], ["up"], ["up", "--dry-run"]]) {
    const { code, err } = await bed.windflow(argv)
    expect({ argv, code }).toEqual({ argv, code: 4 })
    expect(err).toContain(`port 127.0.0.1:${port}/tcp is published by container ${holder.project}-web-1`)
  }
  const french = await bed.windflow(["up"], { env: { LANG: "fr_FR.UTF-8" } })
  expect(french.err).toContain(`est publié par le conteneur ${holder.project}-web-1`)
  expect(await bed.containers()).toEqual([])
  expect(await bed.networks()).toEqual([])
})

it("an update that does not become healthy: exit 1, the previous container runs, and the history says so", async () => {
  const bed = await makeBed("back")
  bed.write(web("touch /ok; sleep 1000"))
  expect(await bed.windflow(["up"])).toMatchObject({ code: 0 })
  const before = await bed.ids()
  bed.write(web("sleep 1000"))
  const { code, out, err } = await bed.windflow(["up"])
  expect(code).toBe(1)
  expect(err).toContain("the previous container is running again")
  expect(out + err).toContain("what it had begun is put back")
  expect(await bed.ids()).toEqual(before)
  expect((await bed.windflow(["history", "--format", "json"])).out).toContain('"rolled-back"')
})
