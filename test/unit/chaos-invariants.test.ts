import { describe, expect, it } from "vitest";
import type { Account, Answer, FinalPost, History, PublicPost } from "../chaos/history.ts";
import { violationsOf } from "../chaos/invariants.ts";
import { told } from "./helpers/told.ts";

const PAGE: Account = { id: "acc_1", externalId: "111", platform: "facebook" };
const AT = Date.parse("2026-11-01T12:00:00Z");

const accepted: Answer = { key: "a", call: "publish", status: 202, text: '{"id":"post_a"}', isReplay: false, at: AT };
const canceled: Answer = { ...accepted, call: "cancel", status: 200, text: '{"success":true}' };
const shown: PublicPost = { externalId: "111", id: "111_1", text: "Hi", at: AT };

function post(status: FinalPost["status"] & FinalPost["tasks"][number]["status"], id: string | null = null): FinalPost {
  return { id: "post_a", status, tasks: [{ account_id: "acc_1", status, platform_post_id: id }] };
}

/** One text on one Page, published once; and what is different about it. */
function history(different: { final?: FinalPost | null; shown?: PublicPost[]; answers?: Answer[] } = {}): History {
  const { final = post("published", "111_1"), shown: publicPosts = [shown], answers = [accepted] } = different;
  return {
    asked: [{ key: "a", text: "Hi", accounts: [PAGE], notBefore: AT }],
    answers,
    final: new Map([["a", final]]),
    publicPosts,
    ...told([final]),
    elsewhere: { statuses: [404], totals: [0] },
    counted: { total: final ? 1 : 0, byStatus: final ? { [final.status]: 1 } : {} },
  };
}

const found = (of: History) => violationsOf(of).map(({ of, kind }) => `${of} ${kind}`);

it("nothing is wrong with a post that was published once", () => {
  expect(violationsOf(history())).toEqual([]);
});

describe("what is wrong is reported", () => {
  it.each<[string, Parameters<typeof history>[0], string[]]>([
    ["public twice", { shown: [shown, { ...shown, id: "111_2" }] }, ["I1 duplicate"]],
    ["never over", { final: post("publishing"), shown: [] }, ["I2 open"]],
    ["told to be published and not public", { shown: [] }, ["I3 lost", "I3 ids"]],
    ["told to be another post", { final: post("published", "111_9") }, ["I3 ids"]],
    ["failed and public", { final: post("failed") }, ["I3 failed"]],
    ["canceled and public", { final: post("canceled"), answers: [accepted, canceled] }, ["I4 canceled"]],
    ["canceled and published after all", { answers: [accepted, canceled] }, ["I4 canceled"]],
    ["accepted and not there", { final: null, shown: [] }, ["I5 lost"]],
    ["never asked for", { shown: [shown, { ...shown, id: "111_2", text: "Who?" }] }, ["I5 unasked"]],
    ["refused", { answers: [accepted, { ...accepted, status: 400, text: "{}" }] }, ["I7 answers"]],
    ["answered differently", { answers: [accepted, { ...accepted, isReplay: true, text: "{}" }] }, ["I7 answers"]],
    ["accepted twice", { answers: [accepted, accepted] }, ["I7 duplicate"]],
    [
      "canceled, and answered differently",
      { final: post("canceled"), shown: [], answers: [accepted, canceled, { ...canceled, text: "{}" }] },
      ["I7 answers"],
    ],
    ["public before its time", { shown: [{ ...shown, at: AT - 1 }] }, ["I8 early"]],
  ])("%s", (_, different, expected) => {
    expect(found(history(different))).toEqual(expected);
  });

  it("seen from another world", () => {
    const elsewhere = { statuses: [404, 200], totals: [0, 1] };
    expect(found({ ...history(), elsewhere })).toEqual(["I9 seen", "I9 seen"]);
  });

  it("counters that disagree", () => {
    const counted = { total: 2, byStatus: { published: 0 } };
    expect(found({ ...history(), counted })).toEqual(["totals totals", "totals totals"]);
  });
});

describe("what looks alike is told apart by number and id", () => {
  const twice = (ids: (string | null)[], publicPosts: PublicPost[], later = AT): History => {
    const finals = ids.map((id, index): [string, FinalPost] => [
      `${index}`,
      { ...post("published", id), id: `post_${index}` },
    ]);
    return {
      asked: finals.map(([key], index) => ({ key, text: "Hi", accounts: [PAGE], notBefore: index === 0 ? AT : later })),
      answers: finals.map(([key]) => ({ ...accepted, key })),
      final: new Map(finals),
      publicPosts,
      ...told(finals.map(([, final]) => final)),
      elsewhere: { statuses: [], totals: [] },
      counted: { total: 2, byStatus: { published: 2 } },
    };
  };
  const second = { ...shown, id: "111_2", at: AT + 5_000 };

  it("two posts of one text are public twice", () => {
    expect(found(twice(["111_1", "111_2"], [shown, second]))).toEqual([]);
    expect(found(twice(["111_1", null], [shown, second]))).toEqual([]);
  });

  it("and not thrice, and not once, and not with one id", () => {
    expect(found(twice(["111_1", "111_2"], [shown, second, { ...second, id: "111_3" }]))).toEqual(["I1 duplicate"]);
    expect(found(twice(["111_1", null], [shown]))).toEqual(["I3 lost"]);
    expect(found(twice(["111_1", "111_1"], [shown, second]))).toEqual(["I3 ids"]);
  });

  it("each has a time of its own", () => {
    expect(found(twice(["111_1", "111_2"], [shown, second], AT + 5_001))).toEqual(["I8 early"]);
  });
});

it("an outcome that nobody could tell is no violation, whether or not the post is public", () => {
  expect(violationsOf(history({ final: post("unconfirmed") }))).toEqual([]);
  expect(violationsOf(history({ final: post("unconfirmed"), shown: [] }))).toEqual([]);
});
