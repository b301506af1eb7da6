/** One command as this process: its words in, its exit code set; the process ends when nothing is left to do. */
import { processHost } from "../host.ts"
import { main } from "../main.ts"

export const runProcess = async (argv: ReadonlyArray<string>): Promise<void> => {
  // A closed pipe (`windflow logs | head`) ends the command quietly, as other commands do.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0)
    throw error
  })
  process.exitCode = await main(argv, processHost())
}
