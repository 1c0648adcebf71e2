import { beforeAll, expect, it } from "vitest";
import { scenariosInChild } from "./child.ts";
import { SCENARIOS } from "./scenarios.ts";

/* Each in a simulated world, in a process of its own: `npm run simulate -- --scenario "<name>"` shows what happens. */

let wrong: Record<string, string[]>;
beforeAll(async () => {
  wrong = await scenariosInChild("all");
});

it.each(Object.keys(SCENARIOS))("%s", (name) => {
  expect(wrong[name]).toEqual([]);
});
