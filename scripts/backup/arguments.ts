import { parseArgs } from "node:util";
import { Failure } from "../start/failure.ts";
import type { Place } from "./wrangler-d1.ts";

/**
 * What a backup and a restore are told: the file, and whose database it is of.
 *
 * @param missing what is said where no file is named
 * @throws Failure in one sentence, with what to try
 */
export function readArguments(missing: string, usage: string): { file: string; place: Place } {
  try {
    const { values } = parseArgs({
      options: { file: { type: "string" }, remote: { type: "boolean", default: false } },
    });
    if (values.file === undefined) throw new Failure(`${missing} ${usage}`);
    return { file: values.file, place: values.remote ? "--remote" : "--local" };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${error instanceof Error ? error.message : error} ${usage}`);
  }
}
