// Where a deployed stack's pages are, from `windflow config --format json`. Called by scripts/demo, which waits for the first.
import { readFileSync } from "node:fs"
import { setTimeout as pause } from "node:timers/promises"

const at = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined

/** The addresses on which a resolved Compose model publishes TCP ports on this machine. */
export const addresses = (model: unknown): ReadonlyArray<string> =>
  Object.values(at(model, "services") ?? {}).flatMap((service) => {
    const ports = at(service, "ports")
    if (!Array.isArray(ports)) return []
    return ports.flatMap((port) => {
      const published = at(port, "published")
      if (
        (typeof published !== "string" && typeof published !== "number") ||
        published === "" ||
        (at(port, "protocol") ?? "tcp") !== "tcp"
      )
        return []
      const host = at(port, "host_ip")
      return [
        `http://${typeof host === "string" && !/^(0\.0\.0\.0|::)?$/.test(host) ? host : "localhost"}:${published}/`,
      ]
    })
  })

/** What a page calls itself, or how it begins. */
export const headline = (page: string): string =>
  (/<title>([^<]*)<\/title>/i.exec(page)?.[1] ?? page).trim().split("\n", 1)[0]!.slice(0, 100)

const answerOf = async (url: string): Promise<string | undefined> => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) })
    return answer.ok ? headline(await answer.text()) : undefined
  } catch {
    return undefined // not listening yet, or no page: asked again until the deadline
  }
}

const main = async (): Promise<void> => {
  const urls = addresses(JSON.parse(readFileSync(0, "utf8")))
  const deadline = Date.now() + 30_000
  while (urls.length > 0 && Date.now() < deadline) {
    for (const url of urls) {
      const answer = await answerOf(url)
      if (answer === undefined) continue
      console.log(`${url}  answers: ${answer}`)
      return
    }
    await pause(200)
  }
  console.error(
    urls.length === 0 ? "error: the stack publishes no port" : `error: no page answered at ${urls.join(" ")}`,
  )
  process.exitCode = 1
}

if (process.argv[1] === import.meta.filename) await main()
