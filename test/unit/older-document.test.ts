import { expect, it } from "vitest";
import { resolve, retry } from "../../src/post/commands.ts";
import type { PostDocument } from "../../src/post/document.ts";
import { DOCUMENT_FORMAT } from "../../src/post/document.ts";
import { loadDocument } from "../../src/post/load-document.ts";
import { arm, begin, wake } from "../../src/post/machine.ts";
import { upgraded } from "../../src/post/older-document.ts";
import { settleTiming } from "../../src/post/timing.ts";
import { acceptedPost, rowOf } from "../helpers/posts.ts";

/*
 * Documents of earlier releases, and posts whose document is gone.
 */

const NOW = 1_000_000;
const TIMING = settleTiming(1);

const NEW_OF_TASKS = [
  "lastCommit",
  "candidates",
  "isVouchedAbsent",
  "publishBefore",
  "pausedBy",
  "pauseChecks",
  "resumedFrom",
  "rescheduledTo",
  "settleFirst",
  "overdue",
  "givesLockBack",
];

/** The document as the second format had it. */
function secondFormat(document: PostDocument): PostDocument {
  const older = JSON.parse(JSON.stringify(document));
  for (const name of ["contentId", "timeline", "isCanceled"]) delete older[name];
  for (const task of [...older.tasks, ...older.comments]) {
    for (const name of NEW_OF_TASKS) delete task[name];
    for (const name of ["contentId", "settledSince", "denied"]) if (task.armed) delete task.armed[name];
  }
  return { ...older, format: 2 };
}

/** A post whose commit is armed. */
function armed(): PostDocument {
  const woken = wake(acceptedPost({ scheduledAt: NOW }), NOW);
  const [message] = woken.answer;
  if (!message) throw new Error("nothing was due");
  const begun = begin(woken.document, message, NOW);
  if (begun.answer.is !== "begin") throw new Error("not begun");
  const holder = { ...message, lease: begun.answer.lease };
  return arm(begun.document, holder, { version: 1, progress: { handle: 1 } }, NOW, TIMING).document;
}

it("a document of the release before is the same in today's format", () => {
  const accepted = acceptedPost({ scheduledAt: NOW });
  expect(upgraded(secondFormat(accepted))).toEqual({ ...accepted, format: DOCUMENT_FORMAT });
});

it("an armed commit of the release before stays armed, with its handle", () => {
  const document = armed();
  const after = upgraded(secondFormat(document));
  expect(after).toEqual({ ...document, timeline: [] });
});

it("an unconfirmed task of the release before is read before its retry sends anything", () => {
  const older = secondFormat(armed());
  const unconfirmed = older.tasks.map((task) => ({ ...task, status: "unconfirmed" as const, armed: null, epoch: 9 }));
  const resolution = { outcome: "not_published" } as const;
  const resolved = resolve(upgraded({ ...older, tasks: unconfirmed }), "acc_1", resolution, null, NOW).document;
  const retried = wake(retry(resolved, null, NOW).document, NOW);
  const [message] = retried.answer;
  if (!message) throw new Error("nothing was due");
  expect(begin(retried.document, message, NOW).answer).toMatchObject({
    is: "begin",
    armed: { first: NOW, last: NOW },
    progress: { handle: 1 },
  });
});

it("a retried task whose document is gone is never published again: it may be public since the round before", () => {
  const document = acceptedPost({ scheduledAt: NOW });
  const retried = { ...document, tasks: document.tasks.map((task) => ({ ...task, round: 2 })) };
  const load = (from: PostDocument) => loadDocument({ row: rowOf(from, NOW), clockOffset: 0, restoredAt: null }, NOW);
  const fresh = load(document);
  expect(fresh).toMatchObject({ is: "open", document: { tasks: [{ status: "queued", round: 1 }] } });
  const gone = load(retried);
  expect(gone).toMatchObject({
    is: "open",
    document: {
      tasks: [{ status: "unconfirmed", round: 3, error: { code: "outcome_unknown" } }],
      events: [{ id: "evt_1_0_3_publish_failed" }, { id: "evt_1_all_3_post_completed" }],
    },
  });
});
