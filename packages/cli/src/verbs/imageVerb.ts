/** What `pull` and `build` share: progress to standard error. */
import type { WorkProgress } from "@windflow/sdk"
import type { VerbContext } from "./Verb.ts"

export interface QuietOptions {
  readonly quietPull?: boolean
  readonly quietBuild?: boolean
}

/** Whether progress of this subject is not to be shown: the engine names pulls `image …` and builds `build …`. */
export const hiddenWork =
  ({ quietPull, quietBuild }: QuietOptions) =>
  (subject: string): boolean =>
    (quietPull === true && subject.startsWith("image ")) || (quietBuild === true && subject.startsWith("build "))

/** A line where the words change: counts alone would fill the screen. */
export const progressNotes = (context: Pick<VerbContext, "note" | "colors">): ((progress: WorkProgress) => void) => {
  const last = new Map<string, string>()
  return ({ subject, text }) => {
    if (text === undefined || last.get(subject) === text) return
    last.set(subject, text)
    context.note(context.colors.faint(`${subject}: ${text}`))
  }
}

/** Options of the work: silent where only the result is wanted. */
export const workOptions = (context: VerbContext, quiet: boolean) => ({
  signal: context.signal,
  ...(quiet || context.json ? {} : { onProgress: progressNotes(context) }),
})
