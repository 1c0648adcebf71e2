import { ZodType } from "zod/v4";

/*
 * What wrangler.toml puts in zod's place. The library that describes routes hands zod's whole namespace to a function, so that
 * nothing could be left out of the bundle: a compiler, JSON Schema, and messages in fifty languages.
 */

export * from "zod/v4";

/** All that is asked of the namespace which is handed over. */
export const z = { ZodType };
