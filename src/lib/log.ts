/** Facts of a log line. Never a token, a key or what a post says. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** One structured line for each thing worth knowing. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  /** @param error its name and the place it came from are logged; its message may quote values and is not */
  error(message: string, error: unknown, fields?: LogFields): void;
}

/** Logs to the console, which Workers Logs reads as JSON. */
export const consoleLog: Log = {
  info(message, fields) {
    console.log(JSON.stringify({ level: "info", message, ...fields }));
  },
  error(message, error, fields) {
    console.error(JSON.stringify({ level: "error", message, ...describeError(error), ...fields }));
  },
};

/**
 * What may be told of an error. A database driver's message carries statements and their values, so the message is
 * left out; the stack without its first line says where it came from. The bundle's names are short: the map beside it,
 * which `wrangler deploy --dry-run --outdir` makes of the same sources, tells the long ones.
 */
function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return error === null ? {} : { error: typeof error };
  const frames = (error.stack ?? "").split("\n").filter((line) => line.trimStart().startsWith("at "));
  return { error: error.name, at: frames.slice(0, 4).join(" ").replaceAll(/\s+/g, " ") };
}
