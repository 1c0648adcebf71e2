import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { servicesOf } from "../../src/services.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import { callsOf, drive, evict, getPost, holdTime, publicPosts, refOf } from "./helpers/drive.ts";

beforeEach(holdTime);
afterEach(() => vi.restoreAllMocks());

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await newWorkspace();
});

/** Has a post's object forget all it has in memory before every call that a consumer makes. */
function evictBeforeEveryCall(): void {
  const services = servicesOf(env);
  const { posts } = services;
  vi.spyOn(services, "posts").mockImplementation((ref) => {
    const real = callsOf(posts, ref);
    const evicted =
      <A extends unknown[], R>(act: (...given: A) => Promise<R>) =>
      async (...given: A): Promise<R> => {
        await evict(ref);
        return act(...given);
      };
    return {
      ...real,
      begin: evicted(real.begin),
      arm: evicted(real.arm),
      report: evicted(real.report),
      attachPermalink: evicted(real.attachPermalink),
    };
  });
}

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

  const pairs = (["instagram", "facebook"] as const).flatMap((platform) =>
    (["ok", "lost_answer", "transient_errors", "slow_processing"] as const).map((each) => [platform, each] as const),
  );
  it.each(pairs)("survives the eviction of its object between all steps on %s, with %s", async (platform, behavior) => {
    const account = await newAccount(workspace, platform, behavior);
    const media = [await newPicture(workspace)];
    const accepted = await publish(workspace, { content: "Evicted", accounts: [account], media });
    const ref = refOf(workspace, accepted);
    evictBeforeEveryCall();
    await drive(ref, () => evict(ref));
    expect(await publicPosts(workspace, account)).toHaveLength(1);
    expect((await getPost(workspace, ref)).body.status).toBe("published");
  });
});
