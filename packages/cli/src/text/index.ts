/** The command's texts by language. */
import type { Locale } from "@windflow/engine/model"
import { english } from "./english.ts"
import { french } from "./french.ts"
import type { Texts } from "./Texts.ts"

export { localeOf } from "./locale.ts"
export type { Texts } from "./Texts.ts"

const languages: { readonly [L in Locale]: Texts } = { en: english, fr: french }

export const textsOf = (locale: Locale): Texts => languages[locale]
