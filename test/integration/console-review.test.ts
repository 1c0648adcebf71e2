import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PostRef } from "../../src/lib/vocabulary.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import type { Page } from "./helpers/console.ts";
import { ConsoleBrowser } from "./helpers/console.ts";
import { advance, documentOf, drive, holdTime, refOf, ringAlarm, wake } from "./helpers/drive.ts";
import { connect, publishLive, readLive, standInForMeta } from "./helpers/live.ts";

/*
 * A post for somebody without a login, who decides by a link.
 */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SCRIPT = `<script>alert("x")</script>`;

let workspace: TestWorkspace;
let account: string;
let client: ConsoleBrowser;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  account = await newAccount(workspace, "facebook");
  client = new ConsoleBrowser();
});
afterEach(() => vi.restoreAllMocks());

const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
const mainOf = ({ text }: Page) => /<main[\s\S]*<\/main>/.exec(text)?.[0] ?? "";
const read = async ({ postId, mode }: PostRef) =>
  (await call("GET", `/v1/posts/${postId}`, { key: workspace[mode] })).body;

/** The last link that was sent for a post. */
async function linkOf(ref: PostRef): Promise<string> {
  await documentOf(ref);
  const body = await env.DB.prepare(
    "SELECT body FROM events WHERE post_id = ? AND type = 'approval.requested' ORDER BY id DESC, created_at DESC LIMIT 1",
  )
    .bind(ref.postId)
    .first<string>("body");
  return new URL(JSON.parse(body ?? "{}").data.link).pathname;
}

async function asked(body: Record<string, unknown> = {}): Promise<{ ref: PostRef; link: string }> {
  const answer: Answer = await publish(workspace, {
    content: "Hello",
    accounts: [account],
    schedule: inHours(2),
    approval: true,
    ...body,
  });
  if (answer.status !== 202) throw new Error(answer.text);
  const ref = refOf(workspace, answer);
  await wake(ref);
  return { ref, link: await linkOf(ref) };
}

describe("a link for review", () => {
  it("shows the post as it becomes public, without a login, and decides nothing by being looked at", async () => {
    const instagram = await newAccount(workspace, "instagram");
    const media = await newPicture(workspace);
    const { ref, link } = await asked({
      content: "For all",
      accounts: [account, instagram],
      media: [media],
      options: { instagram: { content: "For Instagram", first_comment: "The first" } },
      approval: { comment: "Is the date right?", expires_at: inHours(1) },
    });
    for (let i = 0; i < 3; i += 1) expect((await client.get(link)).status).toBe(200);
    const page = await client.get(link);
    for (const words of [
      "For all",
      "For Instagram",
      "The first",
      "Is the date right?",
      "facebook_ok",
      "instagram_ok",
    ]) {
      expect(mainOf(page)).toContain(words);
    }
    expect(mainOf(page)).toContain("This is a test");
    const [, picture = ""] = /<img src="http:\/\/apionics\.test(\/media\/[^"]+)"/.exec(mainOf(page)) ?? [];
    expect((await client.get(picture.replaceAll("&amp;", "&"))).status).toBe(200);
    // Files of ours alone, no page.
    expect(mainOf(page)).not.toMatch(/\/console\/(?!assets\/)/);
    expect(page.headers.get("Cache-Control")).toBe("no-store");
    expect(page.headers.get("Referrer-Policy")).toBe("no-referrer");
    expect(page.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    for (const path of [`${link}/approve`, `${link}/reject`]) expect((await client.get(path)).status).toBe(404);
    expect((await read(ref)).status).toBe("awaiting_approval");
  });

  it("approves once, and says so afterwards", async () => {
    const { ref, link } = await asked();
    const sent = await client.post(`${link}/approve`, { comment: "Lovely" });
    expect([sent.status, sent.location]).toEqual([303, link]);
    expect(await read(ref)).toMatchObject({
      status: "queued",
      approval: { state: "approved", decided_by: "review_link", reason: "Lovely" },
    });
    const after = mainOf(await client.get(link));
    expect(after).toContain("This post is approved");
    expect(after).toContain("decided with this link");
    expect(after).not.toMatch(/<form|Hello/);
    for (const action of ["approve", "reject"]) {
      expect((await client.post(`${link}/${action}`, { reason: "No, wait" })).location).toBe(link);
    }
    expect((await read(ref)).approval.state).toBe("approved");
    const { lines } = (await call("GET", "/v1/audit?action=post.approved", { key: workspace.test })).body;
    expect(lines).toMatchObject([{ actor: "review_link", target: ref.postId }]);
    const { entries } = (await call("GET", `/v1/posts/${ref.postId}/timeline`, { key: workspace.test })).body;
    expect(entries.at(-1)).toMatchObject({ type: "approved", actor: { type: "review_link" }, outcome: "Lovely" });
    await drive(ref);
    expect((await read(ref)).status).toBe("published");
  });

  it("rejects with a reason, which is asked for", async () => {
    const { ref, link } = await asked();
    for (const reason of ["", "   "]) {
      const refused = await client.post(`${link}/reject`, { reason });
      expect(refused.status).toBe(400);
      expect(mainOf(refused)).toContain("What is to be changed? is needed");
      expect(mainOf(refused)).toContain('role="alert"');
      expect(mainOf(refused)).toMatch(/<details class="confirm" open/);
    }
    expect((await client.post(`${link}/reject`, { reason: "x".repeat(1_001) })).status).toBe(400);
    expect((await client.post(`${link}/reject`, { reason: "Wrong date" })).location).toBe(link);
    expect(await read(ref)).toMatchObject({
      status: "canceled",
      approval: { state: "rejected", reason: "Wrong date" },
    });
    expect(mainOf(await client.get(link))).toContain("This post was rejected");
  });

  it("is decided on once when two decide at the same time", async () => {
    const { ref, link } = await asked();
    const answers = await Promise.all(
      [0, 1, 2, 3].map((i) => client.post(`${link}/${i % 2 ? "approve" : "reject"}`, { reason: "No" })),
    );
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303, 303]);
    const { entries } = (await call("GET", `/v1/posts/${ref.postId}/timeline`, { key: workspace.test })).body;
    const decisions = entries.filter(({ type }: { type: string }) => ["approved", "rejected"].includes(type));
    expect(decisions).toHaveLength(1);
  });

  it("says that somebody else has decided", async () => {
    const { ref, link } = await asked();
    const { body } = await call("POST", "/v1/api-keys", {
      key: workspace.test,
      body: { name: "Approver", scopes: ["approvals:write"] },
    });
    await call("POST", `/v1/posts/${ref.postId}/approve`, { key: body.key, body: {} });
    expect(mainOf(await client.get(link))).toContain("Somebody who works on it has decided");
  });

  it("shows a post no more that was changed since, of which there is a new link", async () => {
    const { ref, link } = await asked();
    const path = `/v1/posts/${ref.postId}`;
    await call("PATCH", path, { key: workspace.test, body: { content: "Something else" } });
    await ringAlarm(ref);
    const old = await client.get(link);
    expect([old.status, mainOf(old)]).toEqual([410, expect.stringContaining("This post was changed")]);
    expect(mainOf(old)).not.toContain("Something else");
    await client.post(`${link}/approve`);
    expect((await read(ref)).status).toBe("awaiting_approval");
    const anew = await linkOf(ref);
    expect(anew).not.toBe(link);
    expect(mainOf(await client.get(anew))).toContain("Something else");
    await client.post(`${anew}/approve`);
    expect((await read(ref)).status).toBe("queued");
  });

  it("does not approve what is changed while it is being decided", async () => {
    const { ref, link } = await asked();
    await client.get(link);
    const edit = call("PATCH", `/v1/posts/${ref.postId}`, { key: workspace.test, body: { content: "Swapped" } });
    const [, edited] = await Promise.all([client.post(`${link}/approve`), edit]);
    expect(edited.status).toBe(200);
    expect((await read(ref)).status).toBe("awaiting_approval");
  });

  it("publishes at once what is approved after its time, and says so before", async () => {
    const { ref, link } = await asked();
    advance(3 * HOUR);
    const late = await client.post(`${link}/approve`);
    expect([late.status, mainOf(late)]).toEqual([409, expect.stringContaining("Approve, and publish now")]);
    expect((await client.post(`${link}/approve`, { when: "now" })).status).toBe(303);
    await drive(ref);
    expect((await read(ref)).status).toBe("published");
  });

  it("says that it is too late, that the post was canceled, or that the link is over", async () => {
    const late = await asked({ approval: { expires_at: inHours(1) } });
    advance(HOUR + 1);
    await ringAlarm(late.ref);
    await documentOf(late.ref);
    expect(mainOf(await client.get(late.link))).toContain("It is too late");
    const gone = await asked();
    await call("DELETE", `/v1/posts/${gone.ref.postId}`, { key: workspace.test });
    expect(mainOf(await client.get(gone.link))).toContain("This post was canceled");
    const old = await asked({ schedule: inHours(30 * 24) });
    advance(14 * DAY);
    for (const path of [old.link, `${old.link}x`, "/review/x", "/review/x.y", "/review/%00.%FF"]) {
      const page = await client.get(path);
      expect([path, page.status, mainOf(page)]).toEqual([
        path,
        410,
        expect.stringContaining("This link cannot be used"),
      ]);
    }
    await client.post(`${old.link}/approve`);
    expect((await read(old.ref)).status).toBe("awaiting_approval");
  });

  it("lasts by the test clock", async () => {
    const { link } = await asked({ schedule: inHours(30 * 24) });
    const body = { advance_seconds: (14 * DAY) / 1_000 };
    const moved = await call("POST", "/v1/sandbox/clock", { key: workspace.test, body });
    expect(moved.status).toBe(200);
    expect((await client.get(link)).status).toBe(410);
  });

  it("works in live mode", async () => {
    const graph = standInForMeta();
    const page = await connect(graph, workspace, "facebook");
    const ref = await publishLive(workspace, { content: "Live", accounts: [page.id], approval: true });
    await wake(ref);
    const link = await linkOf(ref);
    expect(mainOf(await client.get(link))).toContain("Live");
    expect(mainOf(await client.get(link))).not.toContain("This is a test");
    await client.post(`${link}/approve`);
    await drive(ref);
    expect((await readLive(workspace, ref)).body.status).toBe("published");
  });

  it("does nothing while the workspace is suspended, or once it is deleted", async () => {
    const { ref, link } = await asked();
    const path = `/v1/workspaces/${workspace.id}`;
    const key = env.ADMIN_TOKEN ?? "";
    await call("PATCH", path, { key, body: { suspended: true } });
    expect((await client.get(link)).status).toBe(403);
    await client.post(`${link}/approve`);
    await call("PATCH", path, { key, body: { suspended: false } });
    expect((await read(ref)).status).toBe("awaiting_approval");
    await call("DELETE", `${path}?confirm=A%20workspace`, { key });
    expect((await client.get(link)).status).toBe(410);
  });

  it("takes nothing that another site sends", async () => {
    const { ref, link } = await asked();
    const headers = { "Sec-Fetch-Site": "cross-site", Origin: "https://elsewhere.example" };
    expect((await client.post(`${link}/approve`, {}, headers)).status).toBe(403);
    expect((await read(ref)).status).toBe("awaiting_approval");
  });

  it("shows what clients write as text", async () => {
    const { link } = await asked({
      content: SCRIPT,
      options: { facebook: { first_comment: SCRIPT } },
      approval: { comment: SCRIPT },
    });
    const { text } = await client.get(link);
    expect(text.split("&lt;script&gt;alert(").length).toBe(4);
    expect(text).not.toContain("<script>alert(");
  });
});
