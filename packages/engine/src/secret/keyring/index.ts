/** The local keyring: a secret store in one encrypted file. */
export { type KeyringOptions, type KeyringShape, keyringLayer, openKeyring } from "./Keyring.ts"
export { type KeySource, keySource, keyVariable } from "./KeySource.ts"
