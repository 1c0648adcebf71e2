import { afterEach, expect, it, vi } from "vitest";
import type { Database } from "../../src/db/database.ts";
import type { AttemptRecord } from "../../src/db/deliveries.ts";
import * as deliveries from "../../src/db/deliveries.ts";
import { Recorder } from "../../src/webhooks/recorder.ts";

vi.mock("../../src/db/deliveries.ts", () => ({ recordAttempts: vi.fn() }));
const write = vi.mocked(deliveries.recordAttempts);
afterEach(() => vi.resetAllMocks());

const attempt = (now: number) => ({ now }) as AttemptRecord;

/** A recorder whose time passes when it is told to. */
function newRecorder(attempts: number) {
  let pass = () => {};
  const passed = new Promise<void>((done) => {
    pass = done;
  });
  return { recorder: new Recorder({ db: {} as Database, sleep: () => passed }, attempts), pass: () => pass() };
}

it("attempts that end together are written in one call, and each hears how its own endpoint stands", async () => {
  write.mockImplementation(async (_db, records) => records.map(({ now }) => ({ failingSince: now, probeAt: null })));
  const { recorder } = newRecorder(3);
  const states = await Promise.all([1, 2, 3].map((now) => recorder.record(attempt(now))));
  expect(states.map((state) => state?.failingSince)).toEqual([1, 2, 3]);
  expect(write).toHaveBeenCalledOnce();
});

it("one that ends long before the others does not wait for them", async () => {
  write.mockResolvedValue([null]);
  const { recorder, pass } = newRecorder(2);
  const first = recorder.record(attempt(1));
  expect(write).not.toHaveBeenCalled();
  pass();
  expect(await first).toBeNull();
  await recorder.record(attempt(2));
  expect(write).toHaveBeenCalledTimes(2);
});

it("a write that fails twice fails every attempt that waited for it, each to whoever made it", async () => {
  write.mockRejectedValue(new Error("D1_ERROR: Network connection lost."));
  const { recorder, pass } = newRecorder(2);
  const both = [recorder.record(attempt(1)), recorder.record(attempt(2))];
  for (const each of both) await expect(each).rejects.toThrow("Network connection lost");
  pass();
  expect(write).toHaveBeenCalledTimes(2);
});
