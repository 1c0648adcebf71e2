import { beforeAll, describe, expect, it } from "vitest";
import { OPERATIONS } from "../helpers/openapi/document.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newWorkspace } from "./helpers/api.ts";
import { keyFor } from "./helpers/requests.ts";

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await newWorkspace();
});

describe("a query parameter that a route does not know is refused by its name", () => {
  it.each(OPERATIONS.map((operation) => [operation.name, operation] as const))("%s", async (_name, operation) => {
    const key = keyFor(operation, workspace, operation.modes[0] ?? "test");
    const path = operation.path.replace(/\{\w+\}/g, "nobodys");
    for (const name of ["unknown", "__proto__"]) {
      const { status, body } = await call(operation.method, `${path}?${name}=1`, { key });
      expect(status).toBe(400);
      const errors: { field: string }[] = body.error.errors ?? [body.error];
      expect(errors.map(({ field }) => field)).toContain(name);
    }
  });
});
