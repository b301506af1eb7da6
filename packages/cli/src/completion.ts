/** Names of services for the shell's completion. Completing says nothing of its own: without a file that can be read it has no names. */
import type { RootCommand } from "@bomb.sh/tab"
import type { Host } from "./host.ts"

/** Verbs that take services, and what their argument is called. */
const takers: Readonly<Record<string, string>> = {
  config: "services",
  exec: "service",
  logs: "services",
  plan: "services",
  ps: "services",
  up: "services",
}

export const isCompletion = (argv: ReadonlyArray<string>): boolean => argv[0] === "complete" && argv.includes("--")

/** Files named so far on the line that is completed. */
const filesOn = (words: ReadonlyArray<string>): ReadonlyArray<string> =>
  words.flatMap((word, index) => {
    if (word === "-f" || word === "--file") return words[index + 1] ?? []
    return word.startsWith("--file=") ? [word.slice("--file=".length)] : []
  })

/** Services of the Compose file that the line is about; none for verbs that take none, as reading the file takes its time. */
export const serviceNames = async (argv: ReadonlyArray<string>, host: Host): Promise<ReadonlyArray<string>> => {
  const words = argv.slice(argv.indexOf("--") + 1)
  if (!words.some((word) => word in takers)) return []
  const { namesIn } = await import("./serviceNames.ts")
  return namesIn(filesOn(words), host)
}

/** Offers the names wherever a service may stand. */
export const offerServices = (completion: RootCommand, names: ReadonlyArray<string>): void => {
  for (const [verb, argument] of Object.entries(takers))
    completion.commands.get(verb)?.argument(
      argument,
      (complete) => {
        for (const name of names) complete(name, "")
      },
      argument === "services",
    )
}
