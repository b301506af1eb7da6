/** The process entry of the bundle: runs one command and sets the exit code; the process ends when nothing is left to do. */
import { processHost } from "./host.ts"
import { main } from "./main.ts"

// A closed pipe (`windflow logs | head`) ends the command quietly, as other commands do.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0)
  throw error
})

process.exitCode = await main(process.argv.slice(2), processHost())
