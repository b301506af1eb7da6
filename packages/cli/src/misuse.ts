/** Wrong command lines, from commander's codes to our own error in the reader's language. */
import type { CommanderError } from "commander"
import type { Usage } from "@windflow/engine/model"
import type { Texts } from "./text/index.ts"

const problems = ["notANumber", "notADuration", "notAScale", "notALabel", "notNameValue"] as const

const detailOf = (error: CommanderError, texts: Texts): string => {
  switch (error.code) {
    case "commander.unknownOption":
      return texts.usage.unknownOption
    case "commander.unknownCommand":
      return texts.usage.unknownCommand
    case "commander.missingArgument":
      return texts.usage.missingArgument
    case "commander.optionMissingArgument":
      return texts.usage.missingValue
    case "commander.excessArguments":
      return texts.usage.excessArguments
    case "commander.conflictingOption":
      return texts.usage.conflict
    case "commander.invalidArgument": {
      const problem = problems.find((name) => error.message.endsWith(name))
      return problem === undefined ? texts.usage.invalidValue : texts.refusal[problem]
    }
    default:
      return error.message.replace(/^error: /, "")
  }
}

export const misuse = async (error: CommanderError, texts: Texts): Promise<Usage> => {
  const { Usage } = await import("@windflow/engine/model")
  // Commander puts what it means between quotes, and what may have been meant behind it.
  const subject = /'([^']+)'/.exec(error.message)?.[1] ?? texts.usage.command
  const near = /\(Did you mean (?:one of )?([^?]+)\?\)/.exec(error.message)?.[1]
  const choices = /Allowed choices are (.+)\.$/.exec(error.message)?.[1]
  const detail = detailOf(error, texts)
  return new Usage({
    subject,
    detail: near === undefined ? detail : `${detail} (${texts.usage.didYouMean(near)})`,
    ...(choices === undefined ? {} : { expected: choices }),
  })
}
