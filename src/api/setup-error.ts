import type { Context } from "hono";
import { findMissingMigrations, isSchemaTrouble } from "../db/migrations.ts";
import { SET_UP, SettingsError } from "../env.ts";
import type { AppEnv } from "./context.ts";
import { answerError } from "./error-envelope.ts";

/** Answers an error that comes of a deployment that is not set up, by what it lacks; null: it comes of something else. */
export async function answerSetupError(c: Context<AppEnv>, error: unknown): Promise<Response | null> {
  // Its message names settings and tells no value.
  if (error instanceof SettingsError) return answerError(c, { code: "internal_error", message: error.message });
  if (!isSchemaTrouble(error)) return null;
  const missing = await findMissingMigrations(c.var.services.db);
  if (missing.length === 0) return null;
  const message = `The database lacks migrations: ${missing.join(", ")}. ${SET_UP}`;
  return answerError(c, { code: "internal_error", message });
}
