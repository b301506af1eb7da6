/** Flags of an `up` that stays until a container ends. Read by every `up`: what they do is loaded when they are given. */
import type { LogLineOptions } from "../render/logLines.ts"
import type { VerbContext } from "./Verb.ts"

export interface AttachOptions extends LogLineOptions {
  readonly abortOnContainerExit?: boolean
  readonly abortOnContainerFailure?: boolean
  readonly exitCodeFrom?: string
  readonly attach?: ReadonlyArray<string>
  readonly noAttach?: ReadonlyArray<string>
  readonly attachDependencies?: boolean
  readonly timeout?: number
}

/** Whether `up` stays; flags that only mean something then are refused without it. */
export const attaches = async (
  options: Omit<AttachOptions, "timeout">,
  texts: VerbContext["texts"],
): Promise<boolean> => {
  if (
    options.abortOnContainerExit === true ||
    options.abortOnContainerFailure === true ||
    options.exitCodeFrom !== undefined
  )
    return true
  const alone = [
    options.attach === undefined ? [] : ["--attach"],
    options.noAttach === undefined ? [] : ["--no-attach"],
    options.attachDependencies === true ? ["--attach-dependencies"] : [],
    options.timestamps === true ? ["--timestamps"] : [],
    options.logPrefix === false ? ["--no-log-prefix"] : [],
  ].flat()
  if (alone.length === 0) return false
  const { Usage } = await import("@windflow/engine/model")
  throw new Usage({ subject: alone.join(", "), detail: texts.refusal.notAttached })
}
