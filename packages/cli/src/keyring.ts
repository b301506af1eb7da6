/** The keyring that this command's user has. */
import { defaultStateDirectory, type Keyring, openKeyring } from "@windflow/sdk"
import type { Host } from "./host.ts"

export const stateDirectory = (host: Host): string => {
  const directory = host.env["WINDFLOW_STATE_DIR"]
  return directory === undefined || directory === "" ? defaultStateDirectory(host.env) : directory
}

export const keyringOf = (host: Host): Keyring => openKeyring({ directory: stateDirectory(host), env: host.env })
