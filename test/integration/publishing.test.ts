import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TestWorkspace } from "./helpers/api.ts";
import { newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import { drive, evict, getPost, holdTime, publicPosts, refOf } from "./helpers/drive.ts";

beforeEach(holdTime);

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await newWorkspace();
});

describe("a post", () => {
  it("goes out on Instagram and Facebook, each with its id and its address", async () => {
    const [instagram, facebook] = [await newAccount(workspace, "instagram"), await newAccount(workspace, "facebook")];
    const media = [await newPicture(workspace)];
    const accepted = await publish(workspace, { content: "Hello", accounts: [instagram, facebook], media });
    expect(accepted.status).toBe(202);
    const ref = refOf(workspace, accepted);
    await drive(ref);

    const { body } = await getPost(workspace, ref);
    expect(body.status).toBe("published");
    for (const task of body.tasks) {
      const posts = await publicPosts(workspace, task.account_id);
      expect(posts.map((post) => post.text)).toEqual(["Hello"]);
      expect(task).toMatchObject({
        status: "published",
        platform_post_id: posts[0]?.id,
        permalink: posts[0]?.permalink,
        error: null,
        next_attempt_at: null,
      });
      expect(task.published_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }
  });

  it.each(["instagram", "facebook"] as const)(
    "whose answer is lost ends as one public post with its right id on %s",
    async (platform) => {
      const account = await newAccount(workspace, platform, "lost_answer");
      const media = [await newPicture(workspace)];
      const accepted = await publish(workspace, { content: `Lost on ${platform}`, accounts: [account], media });
      const ref = refOf(workspace, accepted);
      await drive(ref);
      const posts = await publicPosts(workspace, account);
      expect(posts).toHaveLength(1);
      const { body } = await getPost(workspace, ref);
      expect(body.tasks[0]).toMatchObject({
        status: "published",
        platform_post_id: posts[0]?.id,
        permalink: posts[0]?.permalink,
      });
    },
  );

  it("whose text alone was lost is found by its text", async () => {
    const account = await newAccount(workspace, "facebook", "lost_answer");
    const accepted = await publish(workspace, { content: "  Lost,\ntext only  ", accounts: [account] });
    const ref = refOf(workspace, accepted);
    await drive(ref);
    const posts = await publicPosts(workspace, account);
    expect(posts).toHaveLength(1);
    const { body } = await getPost(workspace, ref);
    expect(body.tasks[0]).toMatchObject({ status: "published", platform_post_id: posts[0]?.id });
  });

  it.each(["instagram", "facebook"] as const)(
    "survives the eviction of its object between all steps on %s",
    async (platform) => {
      const account = await newAccount(workspace, platform, "transient_errors");
      const media = [await newPicture(workspace)];
      const accepted = await publish(workspace, { content: "Evicted", accounts: [account], media });
      const ref = refOf(workspace, accepted);
      await drive(ref, () => evict(ref));
      expect(await publicPosts(workspace, account)).toHaveLength(1);
      expect((await getPost(workspace, ref)).body.status).toBe("published");
    },
  );
});
