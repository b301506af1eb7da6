// Where images come from: public registries, or built here because none can be reached. Found out once, overridable.
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { cacheFolder } from "./cache.ts"
import { docker } from "./docker.ts"

export type ImageSource = "public" | "local"

const hour = 3_600_000

/** What decides: the environment, else a recent answer, else asking. Pure but for `ask`. */
export const chooseSource = async (
  setting: string | undefined,
  remembered: { readonly source: ImageSource; readonly age: number } | undefined,
  ask: () => Promise<boolean>,
): Promise<ImageSource> => {
  if (setting === "local" || setting === "public") return setting
  if (setting !== undefined && setting !== "")
    throw new Error(`WINDFLOW_IMAGES is "${setting}"; it may be "local" (build images here) or "public" (pull them)`)
  if (remembered !== undefined && remembered.age < hour) return remembered.source
  return (await ask()) ? "public" : "local"
}

/** Asks the engine, because it is the engine that would pull: its mirrors and proxies count, ours do not. */
const registryAnswers = async (): Promise<boolean> => {
  const engine = await docker()
  try {
    const asked = engine.getImage("busybox:latest").distribution()
    const late = pause(5000, undefined, { ref: false })
    return (await Promise.race([asked, late])) !== undefined
  } catch {
    return false // no name resolution, no route, no answer in time: nothing can be pulled now
  }
}

const recall = (file: string): { readonly source: ImageSource; readonly age: number } | undefined => {
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, "utf8").trim()
  if (text !== "public" && text !== "local") return undefined
  return { source: text, age: Date.now() - statSync(file).mtimeMs }
}

let source: Promise<ImageSource> | undefined

/** The source of images for this machine's engine, remembered for an hour. */
export const imageSource = (): Promise<ImageSource> =>
  (source ??= (async () => {
    const engine = await docker()
    const setting = process.env["WINDFLOW_IMAGES"]
    const { ID } = await engine.info()
    const file = join(cacheFolder("registry"), String(ID).replaceAll(/[^\w-]/g, "_"))
    return chooseSource(setting, recall(file), async () => {
      const answers = await registryAnswers()
      writeFileSync(file, answers ? "public" : "local")
      return answers
    })
  })())
