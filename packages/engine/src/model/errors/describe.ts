/** The texts of an error in the reader's language. */
import type { ErrorText } from "./catalogue.ts"
import { english } from "./english.ts"
import { french } from "./french.ts"
import type { WindFlowError } from "./union.ts"

/** Languages with a catalogue. */
export type Locale = "en" | "fr"

const languages: { readonly [L in Locale]: (error: WindFlowError) => ErrorText } = { en: english, fr: french }

/** Message and remedy of an error; `error.message` and `error.remedy` are the English ones. */
export const describeError = (error: WindFlowError, locale: Locale): ErrorText => languages[locale](error)
