/** Writes docs/errors.md: `node --conditions=@windflow/source docs/generate-errors.ts`. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { errorsPage } from "./errors-page.ts"

writeFileSync(join(import.meta.dirname, "errors.md"), errorsPage())
