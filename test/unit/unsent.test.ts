import { expect, it } from "vitest";
import { begin, unsent, wake } from "../../src/post/machine.ts";
import type { TaskMessage } from "../../src/post/transition.ts";
import { goOn } from "../../src/post/transition.ts";
import { acceptedPost } from "../helpers/posts.ts";

/*
 * What becomes of a task whose message the queue did not take.
 */

const NOW = 1_000_000;
const SECOND = 1_000;

/** A post whose message was just handed to the queue. */
function sent() {
  const { document, answer } = wake(acceptedPost({ scheduledAt: NOW }), NOW);
  const [message] = answer;
  if (!message) throw new Error("nothing was due");
  return { document, message };
}

it("is sent again after 30 s, and then ever more rarely, up to every ten minutes", () => {
  const waits: number[] = [];
  let { document } = sent();
  for (let now = NOW; waits.length < 8; ) {
    const [task] = document.tasks;
    const message: TaskMessage = { accountId: "acc_1", part: "post", epoch: task?.epoch ?? 0 };
    document = unsent(document, [message], now).document;
    const next = document.tasks[0]?.dueAt ?? now;
    waits.push((next - now) / SECOND);
    now = next;
    const woken = wake(document, now);
    expect(woken.answer).toEqual([message]);
    document = woken.document;
  }
  expect(waits).toEqual([30, 60, 120, 240, 480, 600, 600, 600]);
});

it("is left alone when a consumer has it: the message arrived in spite of all", () => {
  const { document, message } = sent();
  const taken = begin(document, message, NOW).document;
  expect(unsent(taken, [message], NOW + SECOND).document).toEqual(taken);
});

it("is left alone when it went on meanwhile", () => {
  const { document, message } = sent();
  const later = structuredClone(document);
  for (const task of later.tasks) goOn(task, NOW + SECOND);
  expect(unsent(later, [message], NOW + SECOND).document).toEqual(later);
});
