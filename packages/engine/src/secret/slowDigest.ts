/** Digests of secrets, for labels and plans. */

const digestLength = 16

/**
 * Secrets may be short: guessing one from its digest has to cost. The salt names the secret, so that equal values of two projects do
 * not look equal. 16 hex digits.
 */
export const slowDigest = (value: string | Buffer, salt: string): Promise<string> =>
  new Promise((resolve, reject) => {
    process
      .getBuiltinModule("node:crypto")
      .scrypt(value, `windflow ${salt}`, digestLength / 2, (error, key) =>
        error === null ? resolve(key.toString("hex")) : reject(error),
      )
  })
