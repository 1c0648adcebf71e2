import type { Env, Hono } from "hono";

/** The methods that routes answer at a path; none when there is no route. */
export function allowedMethods<E extends Env>(app: Hono<E>, path: string): string[] {
  const methods = app.routes
    .filter((route) => route.method !== "ALL" && matches(route.path, path))
    .map((route) => route.method);
  return [...new Set(methods)].sort();
}

function matches(pattern: string, path: string): boolean {
  const [patterns, parts] = [pattern.split("/"), path.split("/")];
  return (
    patterns.length === parts.length &&
    patterns.every((part, index) => (part.startsWith(":") ? parts[index] !== "" : part === parts[index]))
  );
}
