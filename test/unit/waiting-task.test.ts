import { expect, it } from "vitest";
import type { PostDocument } from "../../src/post/document.ts";
import { arm, begin, wake } from "../../src/post/machine.ts";
import type { Report } from "../../src/post/report.ts";
import { report } from "../../src/post/report.ts";
import { stateOf } from "../../src/post/show-tasks.ts";
import { settleTiming } from "../../src/post/timing.ts";
import type { Holder } from "../../src/post/transition.ts";
import { acceptedPost } from "../helpers/posts.ts";

/*
 * What a client sees of a task that is under way and waits: why, and until when.
 */

const TIMING = settleTiming(1);
const NOW = 1_000_000;
const FAULT = { kind: "retry", scope: "post", code: "2", message: "Meta's service was out of order." } as const;

/** A task that a consumer has just begun. */
function begun(): { document: PostDocument; holder: Holder } {
  const { document, answer } = wake(acceptedPost({ scheduledAt: NOW }), NOW);
  const [message] = answer;
  if (!message) throw new Error("nothing was due");
  const taken = begin(document, message, NOW);
  if (taken.answer.is !== "begin") throw new Error("the task was not begun");
  return { document: taken.document, holder: { ...message, lease: taken.answer.lease } };
}

const shownOf = (document: PostDocument) => stateOf(document).tasks[0];

it.each<[string, Report, number]>([
  ["a step", { is: "wait", progress: { polls: 1 }, until: NOW + 60_000 }, NOW + 60_000],
  ["trouble of ours", { is: "postponed" }, NOW + 30_000],
])("a task that waits for %s shows when it goes on", (_name, made, until) => {
  const { document, holder } = begun();
  const waiting = report(document, holder, made, NOW, TIMING).document;
  expect(shownOf(waiting)).toMatchObject({ status: "publishing", error: null, nextAttemptAt: until });
  expect(waiting.seq).toBeGreaterThan(document.seq);
});

it("a wait of seconds is not worth telling the database", () => {
  const { document, holder } = begun();
  const made: Report = { is: "wait", progress: { polls: 1 }, until: NOW + 3_000 };
  expect(report(document, holder, made, NOW, TIMING).document.seq).toBe(document.seq);
});

it("a task that a consumer has shows no next attempt", () => {
  expect(shownOf(begun().document)).toMatchObject({ status: "publishing", nextAttemptAt: null });
});

it("a commit in doubt shows what the platform answered, and when it is read again", () => {
  const { document, holder } = begun();
  const armed = arm(document, holder, { version: 1, progress: {} }, NOW, TIMING);
  if (armed.answer.is === "refused") throw new Error("no permit");
  const { attempt } = armed.answer;
  const doubted = report(armed.document, holder, { is: "unknown", attempt, fault: FAULT }, NOW, TIMING).document;
  expect(shownOf(doubted)).toMatchObject({
    status: "publishing",
    error: { code: "platform_error", platform: { code: "2" } },
  });
  expect(doubted.seq).toBeGreaterThan(document.seq);
});
