import { describe, expect, it } from "vitest";
import { nextAlarm } from "../../src/post/alarm.ts";
import { decide, tellPending } from "../../src/post/approval.ts";
import { cancel, edit } from "../../src/post/commands.ts";
import type { PostDocument } from "../../src/post/document.ts";
import { begin, nextWakeBy, statusOf, wake } from "../../src/post/machine.ts";
import { acceptedPost } from "../helpers/posts.ts";

const NOW = Date.UTC(2026, 5, 1, 9);
const HOUR = 3_600_000;

function pendingPost(changes: { scheduledAt?: number; expiresAt?: number | null } = {}): PostDocument {
  const { scheduledAt = NOW + HOUR, expiresAt = null } = changes;
  const post = acceptedPost({ scheduledAt });
  return {
    ...post,
    approval: {
      state: "pending",
      round: 1,
      requestedBy: "key_1",
      requestedAt: NOW,
      expiresAt,
      comment: null,
      decidedBy: null,
      decidedAt: null,
      reason: null,
      isTold: true,
    },
  };
}

const APPROVE = { is: "approve", schedule: null, reason: null, round: null } as const;
const REJECT = { is: "reject", reason: "Not this one", round: null } as const;
const typesOf = ({ events }: PostDocument) => events.map(({ type }) => type);

describe("a post that waits for approval", () => {
  it("is shown so, is never begun, and needs nobody awake", () => {
    const post = pendingPost();
    expect(statusOf(post)).toBe("awaiting_approval");
    const later = wake(post, NOW + 2 * HOUR);
    expect(later.answer).toEqual([]);
    const begun = begin(later.document, { accountId: "acc_1", part: "post", epoch: 1 }, NOW + 2 * HOUR);
    expect(begun.answer).toEqual({ is: "skip", because: "awaiting_approval" });
    expect([nextAlarm(post), nextWakeBy(post, NOW)]).toEqual([null, null]);
  });

  it("is told of once, with the link", () => {
    const untold = pendingPost();
    if (untold.approval) untold.approval.isTold = false;
    expect(nextAlarm(untold)).toBe(NOW);
    const told = tellPending(untold, 1, "https://a.example/review/x", NOW).document;
    expect(JSON.parse(told.events[0]?.body ?? "").data).toMatchObject({
      link: "https://a.example/review/x",
      status: "awaiting_approval",
      approval: { state: "pending", requested_by: "key_1" },
    });
    expect(typesOf(tellPending(told, 1, "https://a.example/review/y", NOW).document)).toEqual(["approval.requested"]);
  });

  it("goes out at its time once somebody else approved, and not before", () => {
    const approved = decide(pendingPost(), APPROVE, "key_2", NOW + 1);
    expect(approved.answer).toEqual({ is: "decided" });
    expect([statusOf(approved.document), nextAlarm({ ...approved.document, projectAt: null })]).toEqual([
      "queued",
      NOW + HOUR,
    ]);
    expect(typesOf(approved.document)).toEqual(["approval.approved"]);
    expect(wake(approved.document, NOW + HOUR).answer).toHaveLength(1);
  });

  it("cannot be decided by who asked", () => {
    expect(decide(pendingPost(), APPROVE, "key_1", NOW).answer).toEqual({ is: "own_request" });
    expect(decide(pendingPost(), REJECT, "key_1", NOW).answer).toEqual({ is: "own_request" });
  });

  it("is decided once", () => {
    const approved = decide(pendingPost(), APPROVE, "key_2", NOW).document;
    expect(decide(approved, REJECT, "key_3", NOW).answer).toEqual({ is: "not_pending", state: "approved" });
  });

  it("is canceled by a rejection, for good, with the reason", () => {
    const rejected = decide(pendingPost(), REJECT, "key_2", NOW).document;
    expect([statusOf(rejected), rejected.approval?.reason]).toEqual(["canceled", "Not this one"]);
    expect(typesOf(rejected)).toEqual(["approval.rejected", "post.canceled"]);
    expect(decide(rejected, APPROVE, "key_3", NOW).answer).toEqual({ is: "not_pending", state: "rejected" });
    expect(wake(rejected, NOW + 2 * HOUR).answer).toEqual([]);
  });

  it("whose time has passed needs a new one, or now", () => {
    const post = pendingPost({ scheduledAt: NOW - HOUR });
    expect(decide(post, APPROVE, "key_2", NOW).answer).toEqual({ is: "needs_time" });
    const now = decide(post, { ...APPROVE, schedule: "now" }, "key_2", NOW).document;
    expect(wake(now, NOW).answer).toHaveLength(1);
    const later = decide(post, { ...APPROVE, schedule: NOW + 2 * HOUR }, "key_2", NOW).document;
    expect([later.scheduledAt, wake(later, NOW + HOUR).answer]).toEqual([NOW + 2 * HOUR, []]);
    expect(wake(later, NOW + 2 * HOUR).answer).toHaveLength(1);
  });

  it("is canceled when nobody decides in time", () => {
    const post = pendingPost({ expiresAt: NOW + 10 });
    expect(nextAlarm(post)).toBe(NOW + 10);
    expect(statusOf(wake(post, NOW + 9).document)).toBe("awaiting_approval");
    const expired = wake(post, NOW + 10).document;
    expect([statusOf(expired), expired.approval?.state]).toEqual(["canceled", "expired"]);
    expect(typesOf(expired)).toEqual(["approval.expired", "post.canceled"]);
  });

  it("asks again when it is changed, also after it was approved, and what was said of the old words does not count", () => {
    const approved = decide(pendingPost(), APPROVE, "key_2", NOW).document;
    const made = { from: 1, contentId: "content_2", scheduledAt: null, publishBefore: undefined, commented: [] };
    const changed = edit(approved, made, "key_2", NOW).document;
    expect([statusOf(changed), changed.approval?.round, changed.approval?.requestedBy]).toEqual([
      "awaiting_approval",
      2,
      "key_2",
    ]);
    expect(decide(changed, { ...APPROVE, round: 1 }, "key_1", NOW).answer).toEqual({ is: "changed" });
    expect(decide(changed, APPROVE, "key_2", NOW).answer).toEqual({ is: "own_request" });
    expect(decide(changed, APPROVE, "key_1", NOW).answer).toEqual({ is: "decided" });
  });

  it("can be canceled, and then not be approved", () => {
    const canceled = cancel(pendingPost(), "key_1", NOW).document;
    expect(statusOf(canceled)).toBe("canceled");
    expect(decide(canceled, APPROVE, "key_2", NOW).answer).toEqual({ is: "conflict", because: "canceled" });
  });
});
