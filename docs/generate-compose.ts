/** Writes docs/compose.md: `node --conditions=@windflow/source docs/generate-compose.ts`. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { composePage } from "./compose-page.ts"

writeFileSync(join(import.meta.dirname, "compose.md"), composePage())
