import { expect, it } from "vitest";
import { cancel, cancelTask, retry } from "../../src/post/commands.ts";
import type { PostDocument } from "../../src/post/document.ts";
import { nextWakeBy } from "../../src/post/machine.ts";
import { acceptedPost } from "../helpers/posts.ts";

/*
 * What stays true of a post once it is over.
 */

const NOW = 1_000_000;

function failed(document: PostDocument): PostDocument {
  const error = { code: "platform_rejected", message: "No.", retryable: false } as const;
  const tasks = document.tasks.map((task) => ({ ...task, status: "failed" as const, dueAt: null, error }));
  return { ...document, tasks };
}

it("a post of which a part was canceled and the rest failed is canceled for whoever cancels it: nothing is retried", () => {
  const named = (accountId: string) => ({ accountId, platform: "facebook" as const, hasComment: false });
  const post = acceptedPost({ scheduledAt: NOW, tasks: [named("acc_1"), named("acc_2")] });
  const { tasks } = failed(post);
  const half = cancelTask(post, "acc_2", null, NOW).document;
  const over = { ...half, tasks: half.tasks.map((task, index) => (index === 0 ? (tasks[0] ?? task) : task)) };
  expect(retry(over, null, NOW).answer).toEqual({ is: "retried" });
  const canceled = cancel(over, null, NOW);
  expect(canceled.answer).toEqual({ is: "already_canceled" });
  expect(retry(canceled.document, null, NOW).answer).toEqual({ is: "conflict", because: "canceled" });
});

it("a post that is over takes back when it is to be woken, also what was told by a projection without an answer", () => {
  const over = failed(acceptedPost({ scheduledAt: NOW }));
  expect(nextWakeBy({ ...over, wakeBy: NOW + 1 }, NOW)).toBeNull();
  expect(nextWakeBy({ ...over, wakeBy: null }, NOW)).toBeNull();
});
