import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { GenericContainer, Network, Wait, type StartedNetwork, type StartedTestContainer } from "testcontainers"
import { docker } from "./docker.ts"
import { baseImages, ensureBuilt, forget } from "./images.ts"

const roles = ["busybox", "mariadb", "nginx", "php", "postgres", "redis"] as const
let images: Awaited<ReturnType<typeof baseImages<(typeof roles)[number]>>>
let network: StartedNetwork
const started: Array<StartedTestContainer> = []

const start = async (container: GenericContainer): Promise<StartedTestContainer> => {
  const running = await container.withNetwork(network).start()
  started.push(running)
  return running
}

beforeAll(async () => {
  images = await baseImages(roles)
  network = await new Network().start()
})
afterAll(async () => {
  for (const container of started) await container.stop({ timeout: 0 })
  await network?.stop()
})

it("a web server serves what is mounted where the public image has it", async () => {
  const page = { content: "made for the test", target: "/usr/share/nginx/html/index.html" }
  const web = await start(
    new GenericContainer(images.nginx)
      .withCopyContentToContainer([page])
      .withExposedPorts(80)
      .withWaitStrategy(Wait.forHttp("/", 80)),
  )
  const answer = await fetch(`http://${web.getHost()}:${web.getMappedPort(80)}/`)
  expect(await answer.text()).toBe("made for the test")
})

it("a page in PHP reads the database that the first start made", async () => {
  const settings = {
    MARIADB_ROOT_PASSWORD: "it's \\ root",
    MARIADB_DATABASE: "app",
    MARIADB_USER: "app",
    MARIADB_PASSWORD: "p'w",
  }
  const ready = Wait.forSuccessfulCommand("healthcheck.sh --connect --innodb_initialized")
  const seed = {
    content: "CREATE TABLE seed(word TEXT);\nINSERT INTO seed VALUES('kept');\n",
    target: "/docker-entrypoint-initdb.d/seed.sql",
  }
  await start(
    new GenericContainer(images.mariadb)
      .withEnvironment(settings)
      .withCopyContentToContainer([seed])
      .withNetworkAliases("db")
      .withWaitStrategy(ready),
  )
  const content = `<?php $db = new mysqli("db", "app", "p'w", "app"); echo $db->query("SELECT word FROM seed")->fetch_row()[0];`
  const php = await start(
    new GenericContainer(images.php)
      .withCopyContentToContainer([{ content, target: "/var/www/html/index.php" }])
      .withExposedPorts(80)
      .withWaitStrategy(Wait.forListeningPorts()),
  )
  expect((await php.exec(["docker-php-ext-install", "mysqli", "pdo_mysql"])).exitCode).toBe(0)
  const answer = await fetch(`http://${php.getHost()}:${php.getMappedPort(80)}/`)
  expect(await answer.text()).toBe("kept")
})

it("a database takes its password from a file and answers over the network", async () => {
  const ready = Wait.forSuccessfulCommand("pg_isready -h 127.0.0.1 -U app -d app")
  const postgres = await start(
    new GenericContainer(images.postgres)
      .withEnvironment({ POSTGRES_USER: "app", POSTGRES_PASSWORD_FILE: "/run/secrets/password" })
      .withCopyContentToContainer([{ content: "s3cret\n", target: "/run/secrets/password" }])
      .withWaitStrategy(ready),
  )
  const query = (password: string) =>
    postgres.exec(["psql", "-h", postgres.getHostname(), "-U", "app", "-Atc", "SELECT 6*7"], {
      env: { PGPASSWORD: password },
    })
  expect(await query("s3cret")).toMatchObject({ exitCode: 0, stdout: "42\n" })
  expect((await query("wrong")).exitCode).not.toBe(0)
})

it("a cache answers other containers", async () => {
  await start(
    new GenericContainer(images.redis)
      .withNetworkAliases("cache")
      .withWaitStrategy(Wait.forSuccessfulCommand("redis-cli ping | grep -q PONG")),
  )
  const client = await start(new GenericContainer(images.redis).withCommand(["sleep", "600"]))
  expect(await client.exec(["redis-cli", "-h", "cache", "set", "k", "v"])).toMatchObject({ output: "OK\n" })
})

it("an image that the engine lost is loaded from the cache, not built again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "windflow-recipe-"))
  const tag = `windflow-fixture/kept-${randomUUID()}:1`
  const engine = await docker()
  try {
    writeFileSync(join(folder, "Dockerfile"), `FROM ${images.busybox}\nRUN cat /proc/sys/kernel/random/uuid > /made\n`)
    await ensureBuilt({ tag, folder })
    const first = await engine.getImage(tag).inspect()
    await engine.getImage(tag).remove({ force: true })
    // The engine's build cache would give the same layers: a recipe that cannot be built shows that none was.
    writeFileSync(join(folder, "Dockerfile"), "FROM scratch\nRUN false\n")
    await ensureBuilt({ tag, folder })
    expect((await engine.getImage(tag).inspect()).Id).toBe(first.Id)
  } finally {
    rmSync(folder, { recursive: true })
    await forget(tag)
  }
})

it("a recipe that fails says what the build said", async () => {
  const folder = mkdtempSync(join(tmpdir(), "windflow-recipe-"))
  try {
    writeFileSync(join(folder, "Dockerfile"), `FROM ${images.busybox}\nRUN echo the disk is on fire; false\n`)
    await expect(ensureBuilt({ tag: `windflow-fixture/broken-${randomUUID()}:1`, folder })).rejects.toThrow(
      "the disk is on fire",
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
