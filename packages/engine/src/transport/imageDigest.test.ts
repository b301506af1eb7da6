// Full names of images, and which of them a registry is asked for.
import { Effect } from "effect"
import { expect, test } from "vitest"
import type { DockerApiShape } from "./DockerApi.ts"
import { canonicalReference, pinImage } from "./imageDigest.ts"

const digest = `sha256:${"a1".repeat(32)}`

test.each([
  ["nginx", "docker.io/library/nginx:latest"],
  ["nginx:1.27", "docker.io/library/nginx:1.27"],
  ["docker.io/nginx", "docker.io/library/nginx:latest"],
  ["index.docker.io/bitnami/redis:7", "docker.io/bitnami/redis:7"],
  ["bitnami/redis", "docker.io/bitnami/redis:latest"],
  ["localhost/app", "localhost/app:latest"],
  ["registry.example.com:5000/a/b_c:v1.2-x", "registry.example.com:5000/a/b_c:v1.2-x"],
  [`nginx:1.27@${digest}`, `docker.io/library/nginx@${digest}`],
])("%s is %s", (written, full) => expect(canonicalReference(written)).toBe(full))

test.each(["${IMAGE}", "Nginx", "a//b", "nginx:", "nginx:a b", "nginx@sha256:12", ""])("%j is no reference", (text) =>
  expect(canonicalReference(text)).toBeUndefined(),
)

test("a digest that is there is not asked for; another is, by its full name", async () => {
  const asked: string[] = []
  const images: Pick<DockerApiShape["images"], "digest"> = {
    digest: (name) => Effect.sync(() => (asked.push(name), digest)),
  }
  // Only `digest` is called.
  const api = { images } as unknown as DockerApiShape
  expect(await Effect.runPromise(pinImage(api, {}, "nginx:1"))).toBe(`docker.io/library/nginx:1@${digest}`)
  expect(await Effect.runPromise(pinImage(api, {}, `nginx@${digest}`))).toBe(`docker.io/library/nginx@${digest}`)
  expect(asked).toEqual(["docker.io/library/nginx:1"])
  await expect(Effect.runPromise(pinImage(api, {}, "A B"))).rejects.toMatchObject({ _tag: "Usage", subject: "A B" })
})
