import type { Millis } from "../lib/clock.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { Access } from "../lib/vocabulary.ts";
import type { PublishAsk } from "../post/create-post.ts";
import { refuseBeyondReach } from "../post/create-post.ts";
import { printAccepted } from "./accepted-post.ts";
import type { IdempotentRequest } from "./idempotency.ts";
import { publishKey } from "./publish-key.ts";
import { publishBody, requestOf } from "./publish-request.ts";
import { refuseIssues } from "./validation.ts";
import * as z from "./zod.ts";

/*
 * The lines of a bulk: publish requests, each with its key beside what it asks for.
 */

const MAX_LINES = 100;

const line = publishBody.extend({ idempotency_key: z.string().optional() });

/** A line that was understood: what it asks for, and its key; null: it has none. */
export interface Line {
  ask: PublishAsk;
  key: IdempotentRequest | null;
}

/** @throws Refusal when there are none, or too many */
export function splitLines(body: string): string[] {
  const lines = body.split("\n").filter((text) => text.trim() !== "");
  if (lines.length === 0) throw invalid("body", "body must have at least 1 line.");
  if (lines.length > MAX_LINES) throw invalid("body", `body must have at most ${MAX_LINES} lines.`);
  return lines;
}

/** @returns what a line asks for, or why it is refused before anything is looked at */
export async function readLine(access: Access, text: string, now: Millis): Promise<Line | Refusal> {
  try {
    return await parseLine(access, text, now);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

async function parseLine(access: Access, text: string, now: Millis): Promise<Line> {
  const parsed = line.safeParse(parseJson(text));
  if (!parsed.success) {
    refuseIssues(parsed.error.issues, "body");
    throw invalid("body", "The line is not a publish request.");
  }
  const { idempotency_key, ...meaning } = parsed.data;
  refuseBeyondReach(access, meaning.accounts);
  const given = { field: "idempotency_key", text: idempotency_key ?? "", meaning };
  const key = idempotency_key === undefined ? null : await publishKey(access.scope, given, now);
  const claim = key && { ...key, fingerprint: await key.fingerprint(), respond: printAccepted };
  return { ask: { request: requestOf(meaning), claim }, key };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("body", "The line is not JSON.");
  }
}
