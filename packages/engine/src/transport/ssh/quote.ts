/** The one place where an argument list becomes a text for the remote login shell: sshd runs `$SHELL -c TEXT`, there is no other way. */

/** POSIX: inside single quotes nothing has a meaning but the quote itself. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

/** Throws on NUL, which no argument can hold. */
export const shellText = (argv: ReadonlyArray<string>): string => {
  if (argv.some((word) => word.includes("\0"))) throw new RangeError("an argument holds a NUL byte")
  return argv.map((word) => (word === "" ? "''" : quoted(word))).join(" ")
}
