import type { Hook } from "@hono/zod-openapi";
import type * as z from "zod";
import type { Mistake } from "../lib/refusal.ts";
import { refuseMistakes } from "../lib/refusal.ts";
import type { AppEnv } from "./context.ts";

type Issue = z.core.$ZodIssue;

/** A field's name is the client's own: it is not echoed at any length. */
const MAX_NAME = 100;

/** The hook of every route: refuses what its schema refuses. */
// biome-ignore lint/suspicious/noExplicitAny: the library's own type for a hook over every input
export const refuseInvalid: Hook<any, AppEnv, any, any> = (result) => {
  if (!result.success) refuseIssues(result.error.issues, result.target === "json" ? "body" : result.target);
};

/**
 * Refuses an input, naming every field at fault.
 *
 * @param whole what to call the input itself, when it is at fault as a whole
 * @throws Refusal
 */
export function refuseIssues(issues: readonly Issue[], whole: string): void {
  refuseMistakes(
    issues.map(inside).flatMap((issue): Mistake[] => {
      const paths = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      return paths.map((path) => {
        const field = nameOf(path, whole);
        return { field, message: messageOf(issue, field) };
      });
    }),
  );
}

function nameOf(path: PropertyKey[], whole: string): string {
  const name = path.length === 0 ? whole : path.join(".");
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
}

/** What is wrong within an object, where alternatives are objects and others: the object is the alternative that is meant. */
function inside(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const found = issue.errors.flat().find(({ code, path }) => path.length > 0 || code === "unrecognized_keys");
  return found ? { ...found, path: [...issue.path, ...found.path] } : issue;
}

function messageOf(issue: Issue, field: string): string {
  // Our schemas' own messages are whole sentences, which may name the field; the library's are not.
  if (issue.message.endsWith(".")) return issue.message.replace("{field}", field);
  switch (issue.code) {
    case "invalid_type":
      return issue.message.endsWith("received undefined")
        ? `${field} is required.`
        : `${field} must be ${withArticle(issue.expected)}.`;
    case "unrecognized_keys":
      return `${field} is not a known field.`;
    case "invalid_value":
      return `${field} must be one of: ${issue.values.map(String).join(", ")}.`;
    case "too_small":
      return `${field} must ${size(issue.origin, "at least", issue.minimum)}.`;
    case "too_big":
      return `${field} must ${size(issue.origin, "at most", issue.maximum)}.`;
    case "invalid_format":
      return `${field} is not a valid ${issue.format}.`;
    default:
      return `${field} is not valid.`;
  }
}

function withArticle(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function size(origin: string, bound: string, limit: number | bigint): string {
  if (origin === "string") return `have ${bound} ${limit} ${Number(limit) === 1 ? "character" : "characters"}`;
  if (origin === "array") return `have ${bound} ${limit} ${Number(limit) === 1 ? "entry" : "entries"}`;
  return `be ${bound} ${limit}`;
}
