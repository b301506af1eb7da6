import { assert, it } from "@effect/vitest"
import { exampleStack, freePort, imageVariables, openBed } from "../deployment.fixture.ts"

it("installs WordPress once and serves it", async () => {
  const port = await freePort()
  await using bed = await openBed("cms")
  const env = {
    ...(await imageVariables(["debian", "mariadb"])),
    CMS_PORT: String(port),
    CMS_TITLE: "A site of its own",
  }
  const stack = await exampleStack("cms", bed.project, env)
  assert.strictEqual((await bed.up(stack)).revision.status, "succeeded")
  const address = `http://127.0.0.1:${port}`
  assert.include(await (await fetch(address)).text(), "<title>A site of its own</title>")

  const form = new URLSearchParams({ log: "admin", pwd: "change-me-now", testcookie: "1" })
  const login = await fetch(`${address}/wp-login.php`, {
    method: "POST",
    body: form,
    redirect: "manual",
    headers: { cookie: "wordpress_test_cookie=WP%20Cookie%20check", host: `localhost:${port}` },
  })
  assert.strictEqual(login.status, 302)
  assert.match(login.headers.get("location") ?? "", /\/wp-admin\//)
})
