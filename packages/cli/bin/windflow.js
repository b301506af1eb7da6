#!/usr/bin/env node
// The smallest entry there can be: --version is answered here, everything else is in the bundle, which Node compiles once.
import { readFileSync } from "node:fs"

const words = process.argv.slice(2)
if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
  process.stdout.write(`${version}\n`)
} else {
  const { enableCompileCache } = await import("node:module")
  enableCompileCache?.()
  await import("../dist/bundle/windflow.js")
}
