/** What `pull` and `build` share: progress to standard error, then an image a line. */
import type { ImageDone, WorkOptions, WorkProgress } from "@windflow/sdk"
import type { VerbContext } from "./Verb.ts"

/** A line where the words change: counts alone would fill the screen. */
export const progressNotes = (context: Pick<VerbContext, "note" | "colors">): ((progress: WorkProgress) => void) => {
  const last = new Map<string, string>()
  return ({ subject, text }) => {
    if (text === undefined || last.get(subject) === text) return
    last.set(subject, text)
    context.note(context.colors.faint(`${subject}: ${text}`))
  }
}

export const imageVerb = async (
  context: VerbContext,
  quiet: boolean,
  sentence: (image: string) => string,
  work: (options: Pick<WorkOptions, "onProgress" | "signal">) => Promise<ReadonlyArray<ImageDone>>,
): Promise<number> => {
  const { signal, colors } = context
  const done = await work({ signal, ...(quiet || context.json ? {} : { onProgress: progressNotes(context) }) })
  if (context.json) context.print(JSON.stringify(done))
  else if (!quiet)
    for (const image of new Set(done.map((one) => one.image))) context.print(colors.good(sentence(image)))
  return 0
}
