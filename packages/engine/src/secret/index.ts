/** Secrets: the store port and the local keyring. */
export * from "./keyring/index.ts"
export * from "./SecretStore.ts"
