// Docker Compose 5.5.0, built from its Go module: the oracle that reference tests compare with.
import { join } from "node:path"
import { buildGo, type Built } from "./go.ts"

export const composeReferenceVersion = "5.5.0"

/** The reference binary (`<binary> -f compose.yml config …`), or why there is none: without Go, such tests are skipped and say so. */
export const composeReference = (): Promise<Built> =>
  buildGo({
    name: `compose-${composeReferenceVersion}`,
    folder: join(import.meta.dirname, "..", "compose-reference"),
    package: "github.com/docker/compose/v5/cmd",
    ldflags: `-X github.com/docker/compose/v5/internal.Version=${composeReferenceVersion}`,
    cost: "some minutes",
  })
