import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SandboxBehavior } from "../../src/lib/vocabulary.ts";
import { SANDBOX_BEHAVIORS } from "../../src/lib/vocabulary.ts";
import { video } from "../helpers/videos.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import { drive, getPost, holdTime, publicPosts, refOf } from "./helpers/drive.ts";

/*
 * What comes of a post on each account that misbehaves: what a client's own tests can rely on.
 */

let workspace: TestWorkspace;
let picture: string;
let film: string;
beforeAll(async () => {
  holdTime();
  workspace = await newWorkspace();
  picture = await newPicture(workspace);
  const body = await video({ width: 1080, height: 1920, audio: true, seconds: 4 });
  const headers = { "Content-Type": "application/octet-stream" };
  film = (await call("POST", "/v1/media", { key: workspace.test, body, headers })).body.id;
});
beforeEach(holdTime);

type End = { status: "published" } | { status: "failed"; code: string; platform: RegExp };

const published: End = { status: "published" };
const failed = (code: string, platform: RegExp): End => ({ status: "failed", code, platform });

const ENDS: Record<SandboxBehavior, { instagram: End; facebook: End }> = {
  ok: { instagram: published, facebook: published },
  slow_processing: { instagram: published, facebook: published },
  transient_errors: { instagram: published, facebook: published },
  token_expired: {
    instagram: failed("account_needs_reconnect", /^190\/463$/),
    facebook: failed("account_needs_reconnect", /^190\/463$/),
  },
  lost_answer: { instagram: published, facebook: published },
  rate_limited: { instagram: published, facebook: published },
  rejects_media: { instagram: failed("platform_rejected", /2207005$/), facebook: failed("platform_rejected", /^324$/) },
  quota_exhausted: {
    instagram: failed("quota_exhausted", /^9\/2207042$/),
    facebook: failed("quota_exhausted", /1390008$/),
  },
  permission_revoked: {
    instagram: failed("account_needs_reconnect", /^(10|200)$/),
    facebook: failed("account_needs_reconnect", /^(10|200)$/),
  },
  container_expires: { instagram: published, facebook: published },
  held_by_platform: {
    instagram: failed("account_restricted", /^25\/2207050$/),
    facebook: failed("account_restricted", /^368\/4854002$/),
  },
};

describe.each(SANDBOX_BEHAVIORS)("an account that behaves as %s", (behavior) => {
  it.each(["instagram", "facebook"] as const)("on %s", async (platform) => {
    const account = await newAccount(workspace, platform, behavior);
    const ref = refOf(workspace, await publish(workspace, { content: "Hi", accounts: [account], media: [picture] }));
    await drive(ref);
    const end = ENDS[behavior][platform];
    const [task] = (await getPost(workspace, ref)).body.tasks;
    expect(await publicPosts(workspace, account)).toHaveLength(end.status === "published" ? 1 : 0);
    expect(task.status).toBe(end.status);
    if (end.status === "published") {
      expect(task.error).toBeNull();
      return;
    }
    expect(task.error).toMatchObject({ code: end.code, message: expect.stringMatching(/^[A-Z].*[.]$/) });
    expect(task.error.platform.code).toMatch(end.platform);
  });
});

const VIDEOS = [
  ["a reel on Instagram", "instagram", {}],
  ["a video on Facebook", "facebook", {}],
  ["a reel on Facebook", "facebook", { type: "reel" }],
  ["a video story on Facebook", "facebook", { type: "story" }],
] as const;

describe.each(SANDBOX_BEHAVIORS)("a video to an account that behaves as %s", (behavior) => {
  it.each(VIDEOS)("%s ends as a picture does", async (_name, platform, options) => {
    const account = await newAccount(workspace, platform, behavior);
    const content = "type" in options && options.type === "story" ? "" : "Moving";
    const body = { content, accounts: [account], media: [film], options: { [platform]: options } };
    const ref = refOf(workspace, await publish(workspace, body));
    await drive(ref);
    const end = ENDS[behavior][platform];
    const isPublic = end.status === "published";
    const [task] = (await getPost(workspace, ref)).body.tasks;
    const posts = await publicPosts(workspace, account);
    expect([task.status, posts.length]).toEqual([end.status, isPublic ? 1 : 0]);
    if (end.status === "failed") expect(task.error).toMatchObject({ code: end.code, message: expect.any(String) });
  });
});

it("the platform's refusal shows in the account's health, with what to do", async () => {
  const mine = await newWorkspace();
  const accounts = await Promise.all(
    (["token_expired", "held_by_platform"] as const).map((behavior) => newAccount(mine, "instagram", behavior)),
  );
  const media = [await newPicture(mine)];
  for (const account of accounts) {
    await drive(refOf(mine, await publish(mine, { content: "Hi", accounts: [account], media })));
  }
  const { body } = await call("GET", "/v1/accounts", { key: mine.test });
  const health = Object.fromEntries(
    body.accounts.map((each: { id: string; health: string; reason: string }) => [each.id, [each.health, each.reason]]),
  );
  expect(accounts.map((account) => health[account])).toEqual([
    ["needs_reconnect", expect.stringMatching(/connect the account again\.$/)],
    ["restricted", expect.stringMatching(/open the Instagram app/)],
  ]);
});
