import { describe, expect, it } from "vitest";
import { resolve, retry } from "../../src/post/commands.ts";
import type { PostDocument, TaskDocument } from "../../src/post/document.ts";
import { loadDocument } from "../../src/post/load-document.ts";
import type { BeginAnswer } from "../../src/post/machine.ts";
import { arm, begin, wake } from "../../src/post/machine.ts";
import type { Report } from "../../src/post/report.ts";
import { report } from "../../src/post/report.ts";
import type { MadeCall } from "../../src/post/timeline.ts";
import { settleTiming } from "../../src/post/timing.ts";
import type { Holder } from "../../src/post/transition.ts";
import { acceptedPost, rowOf } from "../helpers/posts.ts";

/*
 * What one round of a task knows of those before it.
 */

const TIMING = settleTiming(1);
const START = 1_000_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PROGRESS = { handle: 1 };
const CUT = { kind: "retry", scope: "post", code: "2", message: "no answer" } as const;
const REFUSED = { kind: "permanent", scope: "post", code: "100", message: "Invalid parameter" } as const;

/** A post with a consumer that goes through its life. */
class Post {
  document: PostDocument = acceptedPost({ scheduledAt: START });
  now = START;
  #holder: Holder | null = null;

  get task(): TaskDocument {
    const [task] = this.document.tasks;
    if (!task) throw new Error("no task");
    return task;
  }

  begin(): Extract<BeginAnswer, { is: "begin" }> {
    this.now = Math.max(this.now, this.task.dueAt ?? this.now);
    const woken = wake(this.document, this.now);
    const message = woken.answer.at(-1);
    if (!message) throw new Error("nothing was due");
    const begun = begin(woken.document, message, this.now);
    if (begun.answer.is !== "begin") throw new Error("not begun");
    this.document = begun.document;
    this.#holder = { ...message, lease: begun.answer.lease };
    return begun.answer;
  }

  arm(): number {
    if (!this.#holder) throw new Error("nobody has it");
    const armed = arm(this.document, this.#holder, { version: 1, progress: PROGRESS }, this.now, TIMING);
    if (armed.answer.is !== "permit") throw new Error("no permit");
    this.document = armed.document;
    return armed.answer.attempt;
  }

  report(made: Report, calls: MadeCall[] = []): void {
    if (!this.#holder) throw new Error("nobody has it");
    this.document = report(this.document, this.#holder, made, this.now, TIMING, calls).document;
  }

  readLater(saw: { id: string; permalink: null }[] = []): void {
    this.report({ is: "ask_later", progress: PROGRESS, until: this.now + MINUTE, fault: null, saw });
  }

  retry(): void {
    this.document = retry(this.document, null, this.now).document;
  }

  /** A commit that got no answer, and that no reading can settle. */
  endUnconfirmed(): void {
    this.begin();
    this.report({ is: "unknown", attempt: this.arm(), fault: CUT });
    this.begin();
    this.now += TIMING.settleFor;
    this.readLater([{ id: "1", permalink: null }]);
    expect(this.task.status).toBe("unconfirmed");
  }

  resolveAbsent(): void {
    this.document = resolve(this.document, "acc_1", { outcome: "not_published" }, null, this.now).document;
  }
}

describe("a person's word that a commit did not happen", () => {
  it("stands against posts that could be it, for they have looked", () => {
    const post = new Post();
    post.endUnconfirmed();
    post.resolveAbsent();
    post.retry();
    expect(post.begin().armed).not.toBeNull();
    post.now += TIMING.settleDenied;
    post.readLater([{ id: "1", permalink: null }]);
    expect(post.task).toMatchObject({ status: "publishing", armed: null });
  });

  it("is about that commit, and not about a later one, which they have not looked for", () => {
    const post = new Post();
    post.endUnconfirmed();
    post.resolveAbsent();
    post.retry();
    post.begin();
    post.report({ is: "did_not", progress: PROGRESS, fault: null });
    post.begin();
    post.report({ is: "refused", attempt: post.arm(), progress: {}, fault: REFUSED });
    expect(post.task.status).toBe("failed");
    post.retry();
    post.begin();
    // Something is public that could be the second commit's: nobody has said that it is not.
    post.now += HOUR;
    post.readLater([{ id: "2", permalink: null }]);
    expect(post.task.armed).toMatchObject({ attempt: 2, denied: "proven" });
  });
});

it("a retry looks for what became public from the first commit of the round before on", () => {
  const post = new Post();
  post.begin();
  const first = post.now;
  post.report({ is: "unknown", attempt: post.arm(), fault: CUT });
  post.begin();
  post.now += HOUR;
  post.report({ is: "did_not", progress: PROGRESS, fault: null });
  post.endUnconfirmed();
  const last = post.task.lastCommit?.at;
  post.resolveAbsent();
  post.retry();
  expect(post.begin().armed).toEqual({ first, last });
});

it("a person is shown ten posts that could be it, and not hundreds", () => {
  const post = new Post();
  post.begin();
  post.report({ is: "unknown", attempt: post.arm(), fault: CUT });
  post.begin();
  post.now += TIMING.settleFor;
  post.readLater(Array.from({ length: 400 }, (_, id) => ({ id: `${id}`, permalink: null })));
  expect(post.task.error?.candidates).toHaveLength(10);
});

it("a report that is made again tells the timeline nothing new", () => {
  const post = new Post();
  post.begin();
  const attempt = post.arm();
  const call: MadeCall = { is: "commit", at: post.now, ms: 5, name: "feed", outcome: "live" };
  const live: Report = { is: "live", attempt, post: null };
  post.report(live, [call]);
  const { timeline } = post.document;
  post.report(live, [call]);
  expect(timeline.map(({ type }) => type)).toEqual(["began", "armed", "commit", "concluded"]);
  expect(post.document.timeline).toEqual(timeline);
});

it("a task that a pause's end has moved keeps its time when its document is gone", () => {
  const { document } = new Post();
  const moved = document.tasks.map((task) => ({ ...task, rescheduledTo: START + HOUR, dueAt: START + HOUR }));
  const row = rowOf({ ...document, tasks: moved }, START);
  expect(loadDocument({ row, clockOffset: 0, restoredAt: null }, START)).toMatchObject({
    is: "open",
    document: { tasks: [{ status: "queued", dueAt: START + HOUR, rescheduledTo: START + HOUR }] },
  });
});
