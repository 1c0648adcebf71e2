import { describe, expect, it } from "vitest";
import type { FinalPost, History } from "../chaos/history.ts";
import { toldCounts, violationsOfTold } from "../chaos/told.ts";
import { eventOf, receiptOf, told } from "./helpers/told.ts";

type Status = FinalPost["tasks"][number]["status"];

/** A post on one account for each status, of which everything was told once; and what is different about it. */
function history(statuses: Status[], different: (well: Pick<History, "listed" | "received">) => object = () => ({})) {
  const tasks = statuses.map((status, index) => ({ account_id: `acc_${index}`, status, platform_post_id: null }));
  const post: FinalPost = { id: "post_a", status: "published", tasks };
  const well = told([post]);
  const final = new Map([["a", post]]);
  return {
    asked: [],
    answers: [],
    publicPosts: [],
    elsewhere: { statuses: [], totals: [] },
    counted: { total: 1, byStatus: {} },
    final,
    ...well,
    ...different(well),
  };
}

const found = (of: History) => violationsOfTold(of).map(({ what }) => what);

it.each<Status[][]>([
  [["published", "failed"]],
  [["unconfirmed"]],
  [["failed", "canceled"]],
  [["published", "publishing"]],
])("nothing is wrong when everything of tasks that are %j was told once", (statuses) => {
  expect(found(history(statuses))).toEqual([]);
});

it("nor when the same arrives twice, or was refused at first", () => {
  const again = history(["published"], ({ listed, received }) => ({
    received: [...listed.map((event) => receiptOf(event, { isTaken: false })), ...received, ...received],
  }));
  expect(found(again)).toEqual([]);
  expect(toldCounts(again)).toEqual({ events: 2, received: 4, duplicates: 2, missing: 0 });
});

describe("what is wrong is reported", () => {
  it("an event that never arrived, or was never taken", () => {
    const lost = history(["published"], ({ received }) => ({ received: received.slice(1) }));
    expect(found(lost)).toEqual([
      "evt_post_a_0_1 never arrived",
      "the task of post_a on acc_0, which is published, was told of by 0 final events",
    ]);
    expect(toldCounts(lost)).toEqual({ events: 2, received: 1, duplicates: 0, missing: 1 });
    const refused = history(["published"], ({ listed }) => ({
      received: listed.map((event) => receiptOf(event, { isTaken: false })),
    }));
    expect(toldCounts(refused)).toEqual({ events: 2, received: 0, duplicates: 0, missing: 2 });
  });

  it("an event that nobody lists", () => {
    const unlisted = eventOf("evt_other", "post.completed", { post_id: "post_other" });
    expect(found(history(["published"], ({ received }) => ({ received: [...received, receiptOf(unlisted)] })))).toEqual(
      ["evt_other arrived and is not listed"],
    );
  });

  it("a signature that is not good", () => {
    const forged = history(["published"], ({ listed, received }) => ({
      received: [...received, ...listed.slice(1).map((event) => receiptOf(event, { isGenuine: false }))],
    }));
    expect(found(forged)).toEqual(["evt_post_a_all_1 arrived with a signature that is not good"]);
  });

  it("one event with two bodies, also where it was refused", () => {
    const changed = history(["published"], ({ listed, received }) => ({
      received: [...received, ...listed.slice(1).map((event) => receiptOf(event, { body: "{}", isTaken: false }))],
    }));
    expect(found(changed)).toEqual([expect.stringMatching(/^evt_post_a_all_1 arrived as \{\} and is listed as /)]);
  });

  it("a task that was told of twice, under two ids", () => {
    const twice = history(["published"], ({ listed }) => {
      const again = listed.slice(0, 1).map((event) => ({ ...event, id: "evt_post_a_0_2" }));
      const all = [...listed, ...again];
      return { listed: all, received: all.map((event) => receiptOf(event)) };
    });
    expect(found(twice)).toEqual(["the task of post_a on acc_0, which is published, was told of by 2 final events"]);
  });

  it("a task that was told to have ended otherwise, or before it was over", () => {
    const { listed } = told([
      { id: "post_a", status: "failed", tasks: [{ account_id: "acc_0", status: "failed", platform_post_id: null }] },
    ]);
    const otherwise = { listed, received: listed.map((event) => receiptOf(event)) };
    expect(found(history(["published"], () => otherwise))).toEqual([
      "the task of post_a on acc_0, which is published, was told of by publish.failed as failed",
    ]);
    expect(found(history(["publishing"], () => otherwise))).toEqual([
      "the task of post_a on acc_0, which is publishing, was told of by 1 final events",
      "post_a, which is published, was told of by post.completed",
    ]);
  });

  it("a post that was told to be canceled and went on", () => {
    const { listed } = told([
      {
        id: "post_a",
        status: "canceled",
        tasks: [{ account_id: "acc_0", status: "canceled", platform_post_id: null }],
      },
    ]);
    const both = history(["published"], (well) => {
      const all = [...well.listed, ...listed.map((event) => ({ ...event, id: "evt_post_a_all_0" }))];
      return { listed: all, received: all.map((event) => receiptOf(event)) };
    });
    expect(found(both)).toEqual(["post_a, which is published, was told of by post.completed and post.canceled"]);
  });
});
