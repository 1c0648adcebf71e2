import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Mode, PostRef, Role } from "../../src/lib/vocabulary.ts";
import { realPng } from "../helpers/real-pictures.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";
import type { Page } from "./helpers/console.ts";
import { ConsoleBrowser, newMember, pageOf } from "./helpers/console.ts";
import { advance, documentOf, drive, holdTime, refOf, wake } from "./helpers/drive.ts";
import { connect, publishLive, readLive, standInForMeta } from "./helpers/live.ts";

/*
 * The page of one post: what it says, what became of it, and what members ask of it.
 */

const HOUR = 3_600_000;
const SCRIPT = `<script>alert("x")</script>`;

let workspace: TestWorkspace;
let account: string;
beforeEach(async () => {
  holdTime();
  workspace = await newWorkspace();
  account = await newAccount(workspace, "facebook");
});
afterEach(() => vi.restoreAllMocks());

const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
const read = async ({ postId }: PostRef) => (await call("GET", `/v1/posts/${postId}`, { key: workspace.test })).body;
const pathOf = ({ postId, mode }: PostRef, action = "") => pageOf(workspace, `posts/${postId}${action}`, mode as Mode);
const mainOf = ({ text }: Page) => /<main[\s\S]*<\/main>/.exec(text)?.[0] ?? "";

let forms = 0;
const fields = (others: Record<string, string> = {}) => ({ form_id: String(forms++), ...others });

async function accepted(body: Record<string, unknown> = {}): Promise<PostRef> {
  const answer = await publish(workspace, { content: "Hello", accounts: [account], schedule: inHours(2), ...body });
  if (answer.status !== 202) throw new Error(answer.text);
  const ref = refOf(workspace, answer);
  await wake(ref);
  await documentOf(ref);
  return ref;
}

async function failed(): Promise<PostRef> {
  const other = await newAccount(workspace, "facebook", "rejects_media");
  const ref = await accepted({ accounts: [other, account], media: [await newPicture(workspace)], schedule: "now" });
  await drive(ref);
  return ref;
}

describe("the page of a post", () => {
  it("shows what becomes public on each platform, and what its client calls it", async () => {
    const instagram = await newAccount(workspace, "instagram");
    const ref = await accepted({
      content: "For all",
      accounts: [account, instagram],
      media: [await newPicture(workspace)],
      options: {
        instagram: { content: "For Instagram alone", first_comment: "The first", alt_text: "A red door" },
      },
      external_id: "article-42",
      metadata: { campaign: "summer" },
    });
    const viewer = await newMember(workspace, "viewer");
    const page = await viewer.get(pathOf(ref));
    expect(page.status).toBe(200);
    for (const words of ["For all", "For Instagram alone", "The first", "article-42", "campaign", "summer"]) {
      expect(mainOf(page)).toContain(words);
    }
    expect(mainOf(page)).toMatch(/<img src="\/console\/[^"]+\/media\/media_\w+\?width=640"[^>]* alt="A red door"/);
    expect(mainOf(page)).toContain("facebook_ok");
    expect(mainOf(page)).toContain("instagram_ok");
  });

  it("shows times on the clocks of the workspace", async () => {
    await call("PATCH", "/v1/workspace", { key: workspace.test, body: { time_zone: "Asia/Tokyo" } });
    const at = new Date(Math.ceil(Date.now() / HOUR) * HOUR + 24 * HOUR);
    const ref = await accepted({ schedule: at.toISOString() });
    const shown = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Tokyo", hour: "2-digit", minute: "2-digit" });
    const page = mainOf(await (await newMember(workspace, "editor")).get(pathOf(ref)));
    expect(page).toMatch(new RegExp(`<time datetime="${at.toISOString()}"`, "i"));
    expect(page).toContain(`${shown.format(at)} GMT+9`);
    expect(page).toMatch(new RegExp(`value="\\d{4}-\\d\\d-\\d\\dT${shown.format(at)}"`));
  });

  it("says of a failure what the platform said and what to do, and of what is public where", async () => {
    const page = mainOf(await (await newMember(workspace, "viewer")).get(pathOf(await failed())));
    expect(page).toContain("Partly published");
    expect(page).toContain("The platform says:");
    expect(page).toContain("What to do:");
    expect(page).toMatch(/<a href="http:\/\/apionics\.test\/sandbox\/[^"]+" rel="noopener"/);
  });

  it("tells who did what by name, as the API does", async () => {
    const editor = await newMember(workspace, "editor", { name: "Ada Editor" });
    const ref = await accepted();
    await editor.post(pathOf(ref, "/cancel"), fields());
    const other = mainOf(await (await newMember(workspace, "viewer")).get(pathOf(ref)));
    expect(other).toMatch(/<strong>Ada Editor<\/strong>: Canceled/);
    expect(other).toMatch(/<strong>API key “[^”]+”<\/strong>: Accepted the post/);
    expect(mainOf(await editor.get(pathOf(ref)))).toContain("<strong>You</strong>: Canceled");
    const { entries } = (await call("GET", `/v1/posts/${ref.postId}/timeline`, { key: workspace.test })).body;
    expect(entries.at(-1).actor).toEqual({ type: "person", id: editor.personId, name: "Ada Editor" });
    await call("DELETE", `/v1/members/${editor.personId}`, { key: workspace.test });
    const later = mainOf(await (await newMember(workspace, "viewer")).get(pathOf(ref)));
    expect(later).not.toContain("Ada Editor");
    expect(later).toContain("Somebody who is gone");
  });

  it("shows what clients write as text", async () => {
    const ref = await accepted({
      content: SCRIPT,
      external_id: SCRIPT,
      metadata: { a: SCRIPT },
      options: { facebook: { first_comment: SCRIPT } },
      approval: { comment: SCRIPT },
    });
    const page = await (await newMember(workspace, "admin")).get(pathOf(ref));
    expect(page.text.split("&lt;script&gt;alert(").length).toBeGreaterThan(5);
    expect(page.text).not.toContain("<script>alert(");
  });

  it("is not there for another workspace, in the other mode, or beyond the member's groups", async () => {
    const [ref, elsewhere] = [await accepted(), await newWorkspace()];
    const stranger = await newMember(elsewhere, "admin");
    expect((await stranger.get(pageOf(elsewhere, `posts/${ref.postId}`))).status).toBe(404);
    const admin = await newMember(workspace, "admin");
    expect((await admin.get(pageOf(workspace, `posts/${ref.postId}`, "live"))).status).toBe(404);
    const key = workspace.test;
    const group = (await call("POST", "/v1/account-groups", { key, body: { name: "A client" } })).body.id;
    const own = await newAccount(workspace, "facebook", "slow_processing");
    await call("PATCH", `/v1/accounts/${own}`, { key, body: { group_id: group } });
    const limited = await newMember(workspace, "admin", { groups: null });
    const editor = await newMember(workspace, "editor", { groups: [group] });
    expect((await limited.get(pathOf(ref))).status).toBe(200);
    expect((await editor.get(pathOf(ref))).status).toBe(404);
    expect((await editor.post(pathOf(ref, "/cancel"), fields())).status).toBe(404);
    expect((await editor.get(pathOf(await accepted({ accounts: [own] })))).status).toBe(200);
  });

  it("shows nobody a button that they may not press, and refuses it all the same", async () => {
    const ref = await accepted({ approval: true });
    const writing = ["retry", "cancel", "schedule", `tasks/${account}/cancel`, `tasks/${account}/resolve`];
    const deciding = ["approve", "reject"];
    const refused: Record<Exclude<Role, "admin">, string[]> = {
      viewer: [...writing, ...deciding],
      approver: writing,
      editor: deciding,
    };
    for (const [role, actions] of Object.entries(refused)) {
      const member = await newMember(workspace, role as Role);
      const page = mainOf(await member.get(pathOf(ref)));
      if (role === "viewer") expect(page).not.toMatch(/<(form|button|input|textarea)\b/);
      for (const action of actions) {
        expect([role, page.includes(`action="${pathOf(ref, `/${action}`)}"`)]).toEqual([role, false]);
        const answer = await member.post(pathOf(ref, `/${action}`), fields({ when: "now", outcome: "not_published" }));
        expect([role, action, answer.status]).toEqual([role, action, 403]);
      }
    }
    expect((await read(ref)).status).toBe("awaiting_approval");
  });
});

describe("the list of posts", () => {
  it("is the calendar's: who changes the mode on a post's page comes there", async () => {
    const viewer = await newMember(workspace, "viewer");
    const page = await viewer.get(pageOf(workspace, "posts", "live"));
    expect(page.location).toBe(`${pageOf(workspace, "calendar", "live")}?view=list`);
    expect((await viewer.get(page.location)).status).toBe(200);
  });
});

describe("a member", () => {
  it("cancels a post, once however often the form is sent", async () => {
    const [ref, editor] = [await accepted(), await newMember(workspace, "editor")];
    const sent = fields();
    const answers = [await editor.post(pathOf(ref, "/cancel"), sent), await editor.post(pathOf(ref, "/cancel"), sent)];
    expect(answers.map(({ location }) => location)).toEqual(Array(2).fill(`${pathOf(ref)}?done=canceled`));
    expect((await read(ref)).status).toBe("canceled");
    const page = mainOf(await editor.get(answers[0]?.location ?? ""));
    expect(page).toContain("The post is canceled.");
    expect(page).not.toMatch(/<form\b/);
  });

  it("cancels one task", async () => {
    const other = await newAccount(workspace, "instagram");
    const ref = await accepted({ accounts: [account, other], media: [await newPicture(workspace)] });
    const editor = await newMember(workspace, "editor");
    expect((await editor.post(pathOf(ref, `/tasks/${other}/cancel`), fields())).status).toBe(303);
    expect((await read(ref)).tasks).toMatchObject([{ status: "queued" }, { status: "canceled" }]);
  });

  it("moves a post by the workspace's clocks, also where they are set that day", async () => {
    await call("PATCH", "/v1/workspace", { key: workspace.test, body: { time_zone: "Europe/Berlin" } });
    const [ref, editor] = [await accepted(), await newMember(workspace, "editor")];
    // The last Sunday of March, the next one: 02:30 is skipped, and is 03:30.
    const present = new Date(Date.now()).getUTCFullYear();
    const [day = ""] = [present, present + 1]
      .map((year) => new Date(Date.UTC(year, 2, 31)))
      .map((last) => new Date(last.getTime() - last.getUTCDay() * 24 * HOUR))
      .filter((sunday) => sunday.getTime() > Date.now())
      .map((sunday) => sunday.toISOString().slice(0, 10));
    const moved = await editor.post(pathOf(ref, "/schedule"), fields({ schedule: `${day}T02:30`, version: "1" }));
    expect(moved.location).toBe(`${pathOf(ref)}?done=moved`);
    expect((await read(ref)).scheduled_at).toBe(`${day}T01:30:00Z`);
    // What was filled in for another version is not done.
    const stale = await editor.post(pathOf(ref, "/schedule"), fields({ schedule: `${day}T12:00`, version: "1" }));
    expect([stale.status, mainOf(stale)]).toEqual([409, expect.stringContaining("version 2")]);
  });

  it("is told beside the field what is wrong with a time, and what was filled in stays", async () => {
    const [ref, editor] = [await accepted(), await newMember(workspace, "editor")];
    for (const [schedule, words] of [
      ["", "New time must be a day and a time."],
      ["tomorrow", "New time must be a day and a time."],
      ["2001-01-01T10:00", "New time lies in the past."],
    ] as const) {
      const refused = await editor.post(pathOf(ref, "/schedule"), fields({ schedule, version: "1" }));
      expect([schedule, refused.status]).toEqual([schedule, 400]);
      expect(mainOf(refused)).toContain(words);
      expect(mainOf(refused)).toContain('role="alert"');
      expect(mainOf(refused)).toContain(`value="${schedule}"`);
    }
  });

  it("has a post published at once", async () => {
    const [ref, editor] = [await accepted(), await newMember(workspace, "editor")];
    expect((await editor.post(pathOf(ref, "/schedule"), fields({ when: "now", version: "1" }))).status).toBe(303);
    await drive(ref);
    expect((await read(ref)).status).toBe("published");
  });

  it("has what failed tried again", async () => {
    const [ref, editor] = [await failed(), await newMember(workspace, "editor")];
    expect(mainOf(await editor.get(pathOf(ref)))).toContain("Try again what failed");
    expect((await editor.post(pathOf(ref, "/retry"), fields())).location).toContain("done=retried");
    expect((await read(ref)).status).toBe("publishing");
    const again = await editor.post(pathOf(ref, "/retry"), fields());
    expect([again.status, mainOf(again)]).toEqual([409, expect.stringContaining("it is still under way")]);
  });

  it("says what became of a post that nobody could tell", async () => {
    const graph = standInForMeta();
    const page = await connect(graph, workspace, "facebook");
    const ref = await publishLive(workspace, { content: "Sale! Everything must go", accounts: [page.id] });
    graph.spoil(/feed$/, "cut before");
    const real = graph.fetch.bind(graph);
    vi.spyOn(graph, "fetch").mockImplementation(async (request) => {
      if (!request.url.includes("published_posts")) return real(request);
      const created_time = new Date(Date.now()).toISOString();
      const data = [
        { id: "77_88", message: "Sale! Everything must go now", created_time, permalink_url: "javascript:x" },
      ];
      return Response.json({ data });
    });
    await drive(ref);
    const editor = await newMember(workspace, "editor");
    const shown = mainOf(await editor.get(pathOf(ref)));
    expect(shown).toContain("What became of it?");
    expect(shown).not.toContain("javascript:");
    const path = pathOf(ref, `/tasks/${page.id}/resolve`);
    const refused = await editor.post(path, fields({ outcome: "published", platform_post_id: "x" }));
    expect([refused.status, mainOf(refused)]).toEqual([400, expect.stringContaining("must be an id as the platform")]);
    expect((await editor.post(path, fields())).status).toBe(400);
    const done = await editor.post(path, fields({ outcome: "not_published", platform_post_id: "" }));
    expect(done.location).toBe(`${pathOf(ref)}?done=resolved`);
    expect((await readLive(workspace, ref)).body.status).toBe("failed");
  });

  it("approves of a post with a comment, and not of one that they have asked for", async () => {
    const [ref, admin] = [
      await accepted({ approval: { comment: "Please look" } }),
      await newMember(workspace, "admin"),
    ];
    await editTo(ref, admin);
    expect(mainOf(await admin.get(pathOf(ref)))).toContain("You have asked for it");
    expect((await admin.post(pathOf(ref, "/approve"), fields())).status).toBe(403);
    const approver = await newMember(workspace, "approver");
    expect(mainOf(await approver.get(pathOf(ref)))).toContain("Please look");
    const approved = await approver.post(pathOf(ref, "/approve"), fields({ comment: "Fine by me", version: "2" }));
    expect(approved.location).toBe(`${pathOf(ref)}?done=approved`);
    expect(await read(ref)).toMatchObject({
      status: "queued",
      approval: { state: "approved", decided_by: approver.personId, reason: "Fine by me" },
    });
    const again = await approver.post(pathOf(ref, "/reject"), fields());
    expect([again.status, mainOf(again)]).toEqual([409, expect.stringContaining("approved already")]);
  });

  it("approves after the time has passed with a new one, or now", async () => {
    const approver = await newMember(workspace, "approver");
    const refs = [await accepted({ approval: true }), await accepted({ approval: true })] as const;
    advance(3 * HOUR);
    expect(mainOf(await approver.get(pathOf(refs[0])))).toContain("Its time has passed.");
    const refused = await approver.post(pathOf(refs[0], "/approve"), fields({ schedule: "", version: "1" }));
    expect([refused.status, mainOf(refused)]).toEqual([409, expect.stringContaining("Its time has passed.")]);
    const schedule = inHours(5).slice(0, 16);
    expect((await approver.post(pathOf(refs[0], "/approve"), fields({ schedule }))).status).toBe(303);
    expect((await read(refs[0])).scheduled_at).toBe(`${schedule}:00Z`);
    expect((await approver.post(pathOf(refs[1], "/approve"), fields({ when: "now" }))).status).toBe(303);
    await drive(refs[1]);
    expect((await read(refs[1])).status).toBe("published");
  });

  it("rejects a post with a reason", async () => {
    const [ref, approver] = [await accepted({ approval: true }), await newMember(workspace, "approver")];
    const rejected = await approver.post(pathOf(ref, "/reject"), fields({ reason: "Wrong picture", version: "1" }));
    expect(rejected.location).toBe(`${pathOf(ref)}?done=rejected`);
    expect(mainOf(await approver.get(rejected.location))).toContain("Wrong picture");
    expect((await read(ref)).status).toBe("canceled");
  });
});

/** Changes a post as a member, who has then asked for approval. */
async function editTo(ref: PostRef, member: ConsoleBrowser): Promise<void> {
  const schedule = inHours(4).slice(0, 16);
  expect((await member.post(pathOf(ref, "/schedule"), fields({ schedule, version: "1" }))).status).toBe(303);
}

describe("media", () => {
  it("is shown to members by their session, small where that is asked for, and to nobody else", async () => {
    const body = await realPng(800, 600);
    const headers = { "Content-Type": "application/octet-stream" };
    const { id } = (await call("POST", "/v1/media", { key: workspace.test, body, headers })).body;
    const viewer = await newMember(workspace, "viewer");
    const path = pageOf(workspace, `media/${id}`);
    const whole = await viewer.get(path);
    expect([whole.status, whole.headers.get("Content-Type"), whole.headers.get("Content-Length")]).toEqual([
      200,
      "image/png",
      String(body.byteLength),
    ]);
    expect(whole.headers.get("Cache-Control")).toMatch(/^private/);
    expect(whole.headers.get("Vary")).toBe("Cookie");
    expect(whole.headers.get("Content-Security-Policy")).toContain("sandbox");
    const small = await viewer.get(`${path}?width=160`);
    expect([small.status, small.headers.get("Content-Type")]).toEqual([200, "image/webp"]);
    // A width that nobody asks for makes nothing new.
    expect((await viewer.get(`${path}?width=161`)).headers.get("Content-Type")).toBe("image/png");
    expect((await new ConsoleBrowser().get(path)).location).toContain("/console/sign-in");
    for (const foreign of [pageOf(workspace, `media/${id}`, "live"), pageOf(workspace, "media/media_none")]) {
      expect((await viewer.get(foreign)).status).toBe(404);
    }
  });

  it("is the picture itself where nothing small can be made of it", async () => {
    const id = await newPicture(workspace);
    const viewer = await newMember(workspace, "viewer");
    const page = await viewer.get(pageOf(workspace, `media/${id}?width=160`));
    expect([page.status, page.headers.get("Content-Type")]).toEqual([200, "image/jpeg"]);
    await env.MEDIA.delete(id);
    expect((await viewer.get(pageOf(workspace, `media/${id}`))).status).toBe(404);
  });

  it.each([
    ["bytes=0-9", 206, "bytes 0-9/", 10],
    ["bytes=10-", 206, "bytes 10-", null],
    ["bytes=-5", 206, "bytes ", 5],
    ["bytes=99999999-", 416, "bytes */", 0],
    ["bytes=0-1,4-5", 200, "", null],
    ["lines=1-2", 200, "", null],
  ])("is given in parts to players that ask for %s", async (range, status, said, length) => {
    const id = await newPicture(workspace);
    const viewer = await newMember(workspace, "viewer");
    const answer = await viewer.get(pageOf(workspace, `media/${id}`), { Range: range });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("Content-Range") ?? "").toContain(said);
    if (length !== null && status === 206) expect(answer.headers.get("Content-Length")).toBe(String(length));
  });
});
