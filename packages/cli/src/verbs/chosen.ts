/** The services that a command line names; none: all. */
export const chosen = (services: ReadonlyArray<string>): { readonly services?: ReadonlyArray<string> } =>
  services.length === 0 ? {} : { services }
