/** A file of variables (`--env-from-file`), in the syntax of `.env`. */
import { resolve } from "node:path"
import { Usage } from "@windflow/engine/model"
import { readText } from "./files.ts"
import type { Host } from "./host.ts"

export const environmentFile = async (
  file: string,
  host: Pick<Host, "cwd" | "env">,
): Promise<Readonly<Record<string, string>>> => {
  const { DotenvError, parseDotenv } = await import("@windflow/engine/compose")
  const path = resolve(host.cwd, file)
  const found = new Map<string, string>()
  const text = await readText(path)
  try {
    parseDotenv(text, found, (name) => host.env[name])
  } catch (error) {
    if (!(error instanceof DotenvError)) throw error
    throw new Usage({ subject: `${path}:${error.line}`, detail: error.message })
  }
  return Object.fromEntries(found)
}
