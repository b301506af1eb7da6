// buildx, built from its Go module: Docker Compose builds images with it, and what a distribution ships may be too old for it.
import { mkdtemp, readFile, symlink, writeFile } from "node:fs/promises"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import type { Unavailable } from "./availability.ts"
import { buildGo } from "./go.ts"

/** The version that Compose 5.5.0 is made with. */
const version = "0.36.1"

/**
 * A Docker configuration folder that is the user's own and names our buildx, for Compose's DOCKER_CONFIG; or why there is none.
 * The caller removes it.
 */
export const configWithBuildx = async (): Promise<{ readonly folder: string } | Unavailable> => {
  const built = await buildGo({
    name: `buildx-${version}`,
    folder: join(import.meta.dirname, "..", "buildx"),
    package: "github.com/docker/buildx/cmd/buildx",
    ldflags: `-X github.com/docker/buildx/version.Version=v${version}`,
    cost: "some minutes",
  })
  if ("unavailable" in built) return built
  const folder = await mkdtemp(join(tmpdir(), "windflow-docker-config-"))
  await symlink(built.binary, join(folder, "docker-buildx"))
  const own = process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker")
  const text = await readFile(join(own, "config.json"), "utf8").catch(() => "{}")
  const config = { ...(JSON.parse(text) as object), cliPluginsExtraDirs: [folder] }
  await writeFile(join(folder, "config.json"), JSON.stringify(config), { mode: 0o600 })
  return { folder }
}
