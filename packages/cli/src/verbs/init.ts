/** `windflow init`: a first Compose file and configuration; keeps what is there. Loads no engine. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Verb } from "./Verb.ts"

const composeFile = `# A first stack: one web server. See \`windflow plan\`, then \`windflow up\`.
services:
  web:
    image: nginx:stable
    ports:
      - "127.0.0.1:8080:80"
    restart: unless-stopped
    healthcheck:
      test: ["CMD", "service", "nginx", "status"]
      interval: 5s
      retries: 5
`

const configFile = `/** Targets and environments of this project. Remove what you do not need. */
export default {
  targets: {
    // vps: "ssh://deploy@vps.example.com",
  },
  environments: {
    // production: { target: "vps", protected: true },
  },
}
`

const files = [
  ["compose.yaml", composeFile],
  ["windflow.config.ts", configFile],
] as const

const exists = (cause: unknown) => cause instanceof Error && "code" in cause && cause.code === "EEXIST"

const init: Verb<{ readonly force?: boolean }> = async (context, options) => {
  const { texts, host } = context
  for (const [name, text] of files) {
    try {
      await writeFile(join(host.cwd, name), text, { flag: options.force === true ? "w" : "wx" })
      context.print(texts.init.wrote(name))
    } catch (cause) {
      if (!exists(cause)) {
        const { FileUnreadable } = await import("@windflow/engine/model")
        const detail = cause instanceof Error ? cause.message : String(cause)
        throw new FileUnreadable({ path: join(host.cwd, name), reason: "permission", detail })
      }
      context.print(texts.init.exists(name))
    }
  }
  context.print(texts.init.next)
  return 0
}

export default init
