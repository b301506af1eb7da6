/** References to secrets: a name in the secret store. The value never enters a stack, a plan or a journal. */

export interface SecretRef {
  readonly _secret: string
}

/** A secret of the store, by name: `environment: { POSTGRES_PASSWORD: secret("db") }`. */
export const secret = (name: string): SecretRef => ({ _secret: name })

/** Whether a value of a definition is a reference. */
export const isSecretRef = (value: unknown): value is SecretRef =>
  typeof value === "object" && value !== null && "_secret" in value && typeof value._secret === "string"
