// The reaper: a container that removes what a test process left when it died. Public where it can be pulled, else our own.
import { copyFile } from "node:fs/promises"
import { join } from "node:path"
import { contentKey } from "./cache.ts"
import { runtimeClient, say } from "./docker.ts"
import { buildGo } from "./go.ts"
import { imageSource } from "./image-source.ts"
import { ensureBuilt } from "./images.ts"

const folder = join(import.meta.dirname, "..", "reaper")

let prepared: Promise<void> | undefined

const prepare = async (): Promise<void> => {
  const env = process.env
  if (env["RYUK_CONTAINER_IMAGE"] !== undefined || env["TESTCONTAINERS_RYUK_DISABLED"] !== undefined) return
  if ((await imageSource()) === "public") return // testcontainers pulls its own
  const built = await buildGo({ name: "reaper", folder, cost: "seconds" })
  if ("unavailable" in built) {
    say(`no reaper: ${built.unavailable}; what a killed test leaves must be removed by hand`)
    env["TESTCONTAINERS_RYUK_DISABLED"] = "true"
    return
  }
  const { binary } = built
  const complete = (context: string) => copyFile(binary, join(context, "reaper"))
  env["RYUK_CONTAINER_IMAGE"] = await ensureBuilt({
    tag: `windflow-fixture/reaper:${contentKey(folder)}`,
    folder,
    complete,
  })
}

/** Tells testcontainers which reaper to start; called before its first container, by vitest's set-up. */
export const prepareReaper = (): Promise<void> => (prepared ??= prepare())

/** A test session: what carries its labels is removed when this process and its siblings are gone. */
export interface Session {
  readonly labels: Readonly<Record<string, string>>
  /** Has a Compose project removed too: for what is deployed by means that know no session label. */
  readonly addProject: (project: string) => void
}

/** The session of this process; starts the reaper. */
export const session = async (): Promise<Session> => {
  await prepareReaper()
  const client = await runtimeClient()
  const { getReaper, LABEL_TESTCONTAINERS_SESSION_ID } = await import("testcontainers")
  const reaper = await getReaper(client)
  return {
    labels: { "org.testcontainers": "true", [LABEL_TESTCONTAINERS_SESSION_ID]: reaper.sessionId },
    addProject: (project) => reaper.addComposeProject(project),
  }
}
