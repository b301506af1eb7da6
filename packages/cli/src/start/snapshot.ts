/**
 * The program as a startup snapshot of V8: built by `node --build-snapshot`, after a rehearsal that leaves the functions of a
 * deployment compiled. What is read of the process while building would be old in every later one, so modules read nothing of it
 * when they are loaded (`snapshot.test.ts`).
 */
import { runProcess } from "./process.ts"
import { rehearse } from "./rehearsal.ts"

const { startupSnapshot } = process.getBuiltinModule("node:v8")

startupSnapshot.setDeserializeMainFunction(() => {
  // Without a script the words begin at 1; who looks at them expects one there.
  process.argv.splice(1, 0, "windflow")
  void runProcess(process.argv.slice(2))
})

const { WINDFLOW_REHEARSAL: directory } = process.env
// Where a rehearsal ends early the program is as good, and only slower to start.
if (directory !== undefined) void rehearse(directory).catch(() => {})
