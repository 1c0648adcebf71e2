import { describe, expect, it } from "vitest";
import type { PostStatus, TaskStatus } from "../../src/lib/vocabulary.ts";
import { TASK_STATUSES } from "../../src/lib/vocabulary.ts";
import type { CancelAnswer } from "../../src/post/status.ts";
import { cancelAnswer, derivePostStatus } from "../../src/post/status.ts";

/** What DELETE answers: `cancel` and `again` are `{success: true}`, the others 409. */
type Delete = "cancel" | "again" | "published" | "unconfirmed" | "failed";

/** Every mix of task statuses, as a set, with the status of the post and the answer to DELETE. */
const TABLE: readonly [TaskStatus[], PostStatus, Delete][] = (() => {
  const rows: [TaskStatus[], PostStatus, Delete][] = [];
  for (let bits = 1; bits < 2 ** TASK_STATUSES.length; bits++) {
    const mix = TASK_STATUSES.filter((_, index) => bits & (1 << index));
    rows.push([mix, expectedStatus(mix), expectedDelete(mix)]);
  }
  return rows;
})();

function expectedStatus(mix: TaskStatus[]): PostStatus {
  const only = (...allowed: TaskStatus[]) => mix.every((status) => allowed.includes(status));
  const some = (...wanted: TaskStatus[]) => mix.some((status) => wanted.includes(status));
  if (only("canceled")) return "canceled";
  if (some("publishing")) return "publishing";
  if (some("queued", "awaiting_approval")) {
    if (some("published", "failed", "unconfirmed")) return "publishing";
    return some("queued") ? "queued" : "awaiting_approval";
  }
  if (only("published")) return "published";
  if (some("published")) return "partially_published";
  return some("unconfirmed") ? "unconfirmed" : "failed";
}

function expectedDelete(mix: TaskStatus[]): Delete {
  if (mix.every((status) => status === "canceled")) return "again";
  if (mix.includes("published")) return "published";
  if (mix.includes("unconfirmed")) return "unconfirmed";
  if (mix.some((status) => ["awaiting_approval", "queued", "publishing"].includes(status))) return "cancel";
  return mix.includes("canceled") ? "again" : "failed";
}

function nameOf(answer: CancelAnswer): string {
  if (answer.is === "cancel") return "cancel";
  return answer.is === "already_canceled" ? "again" : answer.because;
}

function unarmed(statuses: TaskStatus[]) {
  return statuses.map((status) => ({ status, armed: null }));
}

describe("a post's status and the answer to DELETE follow from its tasks", () => {
  it.each<[string, TaskStatus[], PostStatus, Delete]>([
    // The rows a person would look up, written out.
    ["all canceled", ["canceled", "canceled"], "canceled", "again"],
    ["nothing begun", ["queued", "queued"], "queued", "cancel"],
    ["waiting for approval", ["awaiting_approval", "awaiting_approval"], "awaiting_approval", "cancel"],
    ["one begun", ["queued", "publishing"], "publishing", "cancel"],
    ["one published, one waiting", ["published", "queued"], "publishing", "published"],
    ["one failed, one waiting", ["failed", "queued"], "publishing", "cancel"],
    ["all published", ["published", "published"], "published", "published"],
    ["one published, one failed", ["published", "failed"], "partially_published", "published"],
    ["one published, one canceled", ["published", "canceled"], "partially_published", "published"],
    ["one published, one unconfirmed", ["published", "unconfirmed"], "partially_published", "published"],
    ["one failed, one unconfirmed", ["failed", "unconfirmed"], "unconfirmed", "unconfirmed"],
    ["one canceled, one unconfirmed", ["canceled", "unconfirmed"], "unconfirmed", "unconfirmed"],
    ["one failed, one canceled", ["failed", "canceled"], "failed", "again"],
    ["all failed", ["failed", "failed"], "failed", "failed"],
  ])("%s", (_name, statuses, status, answer) => {
    expect(derivePostStatus(statuses)).toBe(status);
    expect(nameOf(cancelAnswer(unarmed(statuses)))).toBe(answer);
  });

  it.each(TABLE)("%j is %s, DELETE answers %s", (mix, status, answer) => {
    expect(derivePostStatus(mix)).toBe(status);
    expect(nameOf(cancelAnswer(unarmed(mix)))).toBe(answer);
  });
});

it("refuses DELETE while a commit is armed", () => {
  const tasks = [...unarmed(["queued"]), { status: "publishing" as const, armed: {} }];
  expect(cancelAnswer(tasks)).toEqual({ is: "conflict", because: "publishing" });
});
