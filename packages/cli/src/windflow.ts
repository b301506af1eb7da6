/** The process entry of the bundle. Started by `bin/windflow` it sees to a snapshot for the next time. */
import { runProcess } from "./start/process.ts"

// No business of Compose files, which may read every variable, nor of processes that we start.
const { WINDFLOW_START: start, WINDFLOW_LAUNCHER: launcher } = process.env
delete process.env["WINDFLOW_START"]
delete process.env["WINDFLOW_LAUNCHER"]

await runProcess(process.argv.slice(2))

if (start !== undefined && launcher !== undefined) (await import("./start/later.ts")).prepareLater(start, launcher)
