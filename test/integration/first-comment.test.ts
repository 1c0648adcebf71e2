import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { Mishap, StandIn } from "../helpers/stand-in.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newPicture, newWorkspace } from "./helpers/api.ts";
import { drive, holdTime } from "./helpers/drive.ts";
import type { Connected } from "./helpers/live.ts";
import { connect, publishLive, readLive, standInForMeta } from "./helpers/live.ts";

let workspace: TestWorkspace;
let graph: StandIn;
let picture: string;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  graph = standInForMeta();
  picture = await newPicture(workspace, "live");
});
afterEach(() => vi.restoreAllMocks());

const COMMENT = "The first comment";

async function accept(platform: "instagram" | "facebook"): Promise<{ ref: PostRef; account: Connected }> {
  const account = await connect(graph, workspace, platform);
  const fields = { content: "Hello", media: [picture], options: { [platform]: { first_comment: COMMENT } } };
  return { ref: await publishLive(workspace, { ...fields, accounts: [account.id] }), account };
}

const taskOf = async (ref: PostRef) => (await readLive(workspace, ref)).body.tasks[0];
const commentsOf = (account: Connected) => graph.posts(account.externalId).flatMap((post) => post.comments);

describe.each(["instagram", "facebook"] as const)("a first comment on %s", (platform) => {
  it("is written under the post once that is public, and told with it", async () => {
    const { ref, account } = await accept(platform);
    expect((await taskOf(ref)).first_comment).toMatchObject({ status: "queued" });
    await drive(ref);
    const [comment, ...others] = commentsOf(account);
    expect([comment?.text, others]).toEqual([COMMENT, []]);
    expect(await taskOf(ref)).toMatchObject({
      status: "published",
      first_comment: { status: "published", platform_comment_id: comment?.id, error: null },
    });
    const paths = graph.calls.filter(({ method }) => method === "POST").map((each) => each.call);
    expect(paths.at(-1)).toMatch(/\/comments$/);
  });

  it.each<Mishap>(["cut before", "cut after", "500 before", "500 after", "spam after", "nonsense after"])(
    "with %s at the comment is there once",
    async (mishap) => {
      const { ref, account } = await accept(platform);
      graph.spoil(/^POST .*comments$/, mishap);
      await drive(ref);
      const [comment, ...others] = commentsOf(account);
      expect([comment?.text, others]).toEqual([COMMENT, []]);
      expect((await taskOf(ref)).first_comment).toMatchObject({
        status: "published",
        platform_comment_id: comment?.id,
      });
      expect(graph.posts(account.externalId)).toHaveLength(1);
    },
  );

  it("that the platform refuses leaves its post published, and the account connected", async () => {
    const { ref, account } = await accept(platform);
    graph.refuse(/^POST .*comments$/, { code: 200, message: "Permissions error" }, 100);
    await drive(ref);
    expect(await taskOf(ref)).toMatchObject({
      status: "published",
      first_comment: { status: "failed", error: { code: "platform_rejected", platform: { code: "200" } } },
    });
    const { body } = await call("GET", `/v1/accounts/${account.id}`, { key: workspace.live });
    expect(body.health).toBe("ok");
  });

  it("is not written under a post that failed, or was canceled", async () => {
    const { ref, account } = await accept(platform);
    graph.spoil(/./, "cut before", 1_000);
    await drive(ref);
    if ((await taskOf(ref)).status === "failed") {
      expect((await taskOf(ref)).first_comment).toMatchObject({ status: "canceled" });
    }
    vi.restoreAllMocks();
    graph = standInForMeta();
    const next = await accept(platform);
    await call("DELETE", `/v1/posts/${next.ref.postId}`, { key: workspace.live });
    expect((await taskOf(next.ref)).first_comment).toMatchObject({ status: "canceled" });
    await drive(next.ref);
    expect([...commentsOf(account), ...commentsOf(next.account)]).toEqual([]);
  });
});
