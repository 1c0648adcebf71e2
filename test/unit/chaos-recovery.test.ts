import { expect, it } from "vitest";
import type { TaskLife } from "../chaos/recovery.ts";
import { recoveries, recoveryBound } from "../chaos/recovery.ts";

const task: TaskLife = { platform: "instagram", dueAt: 0, callsAt: [], commitsAt: [], endedAt: null };

it("an unarmed task has recovered when the platform hears of it", () => {
  const found = recoveries([{ ...task, callsAt: [50, 300], endedAt: 900 }], [{ killedAt: 100, readyAt: 200 }]);
  expect(found.get("unarmed")).toEqual({ count: 1, slowest: 100, slowestOfRepeated: 100 });
});

it("an armed one when it is over", () => {
  const life: TaskLife = { ...task, callsAt: [50, 300], commitsAt: [50], endedAt: 900 };
  const found = recoveries([life, { ...life, platform: "facebook" }], [{ killedAt: 100, readyAt: 200 }]);
  const expected = { count: 1, slowest: 700, slowestOfRepeated: 700 };
  expect([found.get("armed instagram"), found.get("armed facebook")]).toEqual([expected, expected]);
});

it("what another kill interrupts counts from there, as interrupted repeatedly", () => {
  const restarts = [
    { killedAt: 100, readyAt: 200 },
    { killedAt: 300, readyAt: 400 },
  ];
  expect(recoveries([{ ...task, endedAt: 900 }], restarts).get("unarmed")).toEqual({
    count: 1,
    slowest: 0,
    slowestOfRepeated: 500,
  });
});

it("what was over, or not due yet, was not interrupted", () => {
  const restarts = [{ killedAt: 100, readyAt: 200 }];
  const found = recoveries(
    [
      { ...task, endedAt: 99 },
      { ...task, dueAt: 101, endedAt: 500 },
    ],
    restarts,
  );
  expect(found.get("unarmed")?.count).toBe(0);
});

it("the bounds at scale 1 are a minute, four minutes and ten", () => {
  const bounds = (["unarmed", "armed instagram", "armed facebook"] as const).map((of) => recoveryBound(of, 1) / 60_000);
  expect(bounds).toEqual([1, 4, 10]);
});
