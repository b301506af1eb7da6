/** Everything that can go wrong, as a closed union, with texts in English and French. */
export type { Catalogue, ErrorText } from "./catalogue.ts"
export { describeError, type Locale } from "./describe.ts"
export { english } from "./english.ts"
export { Finding } from "./Finding.ts"
export { type ErrorRow, table as errorTable } from "./table.ts"
export * from "./union.ts"
