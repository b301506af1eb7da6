/** The driver contract as executable laws. */
export * from "./laws.ts"
