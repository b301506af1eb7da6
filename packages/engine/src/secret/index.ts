/** Secrets: the store port and the local keyring. */
export * from "./SecretStore.ts"
