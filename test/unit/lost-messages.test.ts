import { expect, it } from "vitest";
import type { PostDocument } from "../../src/post/document.ts";
import { begin, wake } from "../../src/post/machine.ts";
import type { TaskMessage } from "../../src/post/transition.ts";
import { acceptedPost } from "../helpers/posts.ts";

/*
 * How soon a message is sent again when nothing came of it.
 */

const NOW = 1_000_000;
const ACCEPTED = acceptedPost({ scheduledAt: NOW });

/** Wakes a post when it next wants to be: when, with which messages, and how long it waits for them. */
function wakeWhenDue(document: PostDocument) {
  const at = document.tasks[0]?.dueAt ?? Number.NaN;
  const { document: woken, answer } = wake(document, at);
  return { at, document: woken, messages: answer, wait: (woken.tasks[0]?.dueAt ?? Number.NaN) - at };
}

it("messages that are lost in a row are sent again within a minute, however many", () => {
  const waits: number[] = [];
  let document = ACCEPTED;
  for (let lost = 0; lost < 7; lost++) {
    const woken = wakeWhenDue(document);
    waits.push(woken.wait / 1_000);
    document = woken.document;
  }
  expect(waits).toEqual([30, 45, 45, 45, 45, 45, 45]);
});

it("consumers that die, each with its message, are followed by others as soon as ever", () => {
  let document = ACCEPTED;
  for (let died = 0; died < 5; died++) {
    const woken = wakeWhenDue(document);
    expect(woken.wait).toBe(30_000);
    const begun = begin(woken.document, woken.messages[0] as TaskMessage, woken.at);
    expect(begun.answer.is).toBe("begin");
    document = begun.document;
  }
});
