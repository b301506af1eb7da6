/** Has the snapshot made by a process of its own, which nobody waits for: the command that asked for it has ended. */
import { spawn } from "node:child_process"
import { join } from "node:path"

export const prepareLater = (start: string, launcher: string): void => {
  const maker = spawn(process.execPath, [join(import.meta.dirname, "prepare.js"), start, launcher], {
    cwd: "/",
    detached: true,
    stdio: "ignore",
  })
  // Without a snapshot the command works all the same.
  maker.on("error", () => {})
  maker.unref()
}
