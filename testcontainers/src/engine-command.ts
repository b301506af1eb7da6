// The command `scripts/setup` calls: finds or starts an engine and says which.
import { ensureEngine, NoEngine } from "./engine.ts"

try {
  const engine = await ensureEngine((line) => console.log(`==> ${line}`))
  console.log(`==> Docker engine ${engine.version} at ${engine.host}${engine.started ? ", started just now" : ""}`)
} catch (error) {
  if (!(error instanceof NoEngine)) throw error
  console.error(`error: ${error.message}`)
  process.exitCode = 5
}
