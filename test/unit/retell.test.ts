import { describe, expect, it } from "vitest";
import { cancel } from "../../src/post/commands.ts";
import type { PostDocument } from "../../src/post/document.ts";
import { acknowledge, arm, begin, wake } from "../../src/post/machine.ts";
import type { Report } from "../../src/post/report.ts";
import { report } from "../../src/post/report.ts";
import { heedDatabase } from "../../src/post/retell.ts";
import { settleTiming } from "../../src/post/timing.ts";
import { acceptedPost } from "../helpers/posts.ts";

/* What a database is told anew that was restored to what it knew before. */

const NOW = Date.UTC(2026, 5, 1, 9);
const TIMING = settleTiming(1);
const FAULT = { kind: "permanent", scope: "post", code: "100", message: "no" } as const;

/** Two tasks, of which the first has ended so; all is told. */
function halfDone(end: Report): PostDocument {
  const tasks = ["acc_1", "acc_2"].map((accountId) => ({
    accountId,
    platform: "facebook" as const,
    hasComment: false,
  }));
  const woken = wake(acceptedPost({ scheduledAt: NOW, tasks }), NOW);
  const [message] = woken.answer;
  if (!message) throw new Error("nothing was due");
  const begun = begin(woken.document, message, NOW);
  if (begun.answer.is !== "begin") throw new Error("it was not begun");
  const holder = { ...message, lease: begun.answer.lease };
  const armed = arm(begun.document, holder, { version: 1, progress: {} }, NOW, TIMING);
  return told(report(armed.document, holder, end, NOW, TIMING).document);
}

function told(document: PostDocument): PostDocument {
  const eventIds = document.events.map(({ id }) => id);
  return acknowledge(document, { seq: document.seq, wakeBy: null, eventIds, audit: [] }, NOW).document;
}

const retold = (document: PostDocument, seq: number) =>
  heedDatabase(document, { seq, wakeBy: NOW }, document.projectedSeq, NOW).document;
const idsOf = ({ events }: PostDocument) => events.map(({ id }) => id);
const live: Report = { is: "live", attempt: 1, post: { id: "1_2", permalink: "https://example.com/1" } };

describe("a database that knows less than it was told", () => {
  it("is told how tasks ended, under the ids of then, and nothing of those that are open", () => {
    const document = halfDone(live);
    const after = retold(document, document.projectedSeq - 1);
    expect(idsOf(after)).toEqual(["evt_1_0_1_publish_completed"]);
    expect(after.seq).toBe(document.seq + 1);
  });

  it("is told of a post that was canceled after a part of it had failed as canceled, and not as completed", () => {
    const failed = halfDone({ is: "refused", attempt: 1, progress: {}, fault: FAULT });
    const document = cancel(failed, "key_1", NOW).document;
    const events = idsOf(document);
    expect(events).toEqual(["evt_1_all_2_post_canceled"]);
    expect(idsOf(retold(told(document), 0))).toEqual(["evt_1_0_1_publish_failed", ...events]);
  });
});

it("a database that knows all of a post is told nothing", () => {
  const document = halfDone(live);
  const after = retold(document, document.projectedSeq);
  expect([after.seq, idsOf(after)]).toEqual([document.seq, []]);
});
