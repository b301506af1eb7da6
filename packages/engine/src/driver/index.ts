/** The driver contract and the requests it serves. Drivers stand in folders beside it and are loaded when needed. */
export * from "./Driver.ts"
export * from "./ImageWork.ts"
export * from "./OneOff.ts"
export * from "./Parity.ts"
export * from "./Request.ts"
