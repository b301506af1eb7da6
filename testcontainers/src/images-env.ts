// `node testcontainers/src/images-env.ts EXAMPLE`: settings that let an example run where no image can be pulled; prints nothing elsewhere.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { ensureEngine } from "./engine.ts"
import { imageRoles, imageVariable, isImageRole, type ImageRole } from "./image-roles.ts"
import { imageSource } from "./image-source.ts"
import { baseImages } from "./images.ts"
import { say } from "./docker.ts"

/** The roles whose variables a text names (`${PHP_IMAGE:-php:8.3-apache}`, `ARG PHP_IMAGE`). */
export const rolesIn = (text: string): ReadonlyArray<ImageRole> =>
  Object.keys(imageRoles)
    .filter(isImageRole)
    .filter((role) => new RegExp(`\\b${imageVariable(role)}\\b`).test(text))

const main = async (example: string | undefined): Promise<void> => {
  const folder = join(import.meta.dirname, "..", "..", "examples", example ?? "")
  if (example === undefined || !existsSync(folder)) {
    console.error(`usage: images-env.ts EXAMPLE (a folder of examples/)`)
    process.exitCode = 3
    return
  }
  await ensureEngine(say)
  if ((await imageSource()) === "public") return
  const compose = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name))
  const images = await baseImages(rolesIn(compose.map((name) => readFileSync(join(folder, name), "utf8")).join("\n")))
  for (const [role, image] of Object.entries(images))
    if (isImageRole(role)) console.log(`${imageVariable(role)}=${image}`)
}

if (process.argv[1] === import.meta.filename) await main(process.argv[2])
