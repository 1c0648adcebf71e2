import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { jpeg } from "../helpers/pictures.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace } from "./helpers/api.ts";
import type { Page } from "./helpers/console.ts";
import { ConsoleBrowser, newMember, pageOf } from "./helpers/console.ts";

/*
 * Making posts in the browser.
 */

const DAY = 86_400_000;

let workspace: TestWorkspace;
let editor: ConsoleBrowser;
let facebook: string;
let compose: string;
beforeAll(async () => {
  workspace = await newWorkspace();
  editor = await newMember(workspace, "editor");
  facebook = await newAccount(workspace, "facebook");
  compose = pageOf(workspace, "compose");
});

let forms = 0;
/** What a form is sent with that was filled in once. */
function filled(fields: Record<string, string | readonly string[]>) {
  forms += 1;
  return { form_id: `form-${forms}`, accounts: facebook, content: `Text ${forms}`, when: "now", do: "send", ...fields };
}

/** The id of the post that a form leads to. */
function postOf({ status, location, text }: Page): string {
  if (status !== 303) throw new Error(text);
  return /\/posts\/(post_\w+)/.exec(location)?.[1] ?? "";
}

async function read(id: string) {
  return (await call("GET", `/v1/posts/${id}`, { key: workspace.test })).body;
}

/** What is said at a place of the form. */
function foundAt(place: string, html: string): string {
  return new RegExp(`<div id="found-${place}" class="found">(.*?)</div>`, "s").exec(html)?.[1] ?? "none";
}

describe("a post", () => {
  it("is made of what is filled in, and leads to its page", async () => {
    const instagram = await newAccount(workspace, "instagram");
    const [first, second] = [await newPicture(workspace), await newPicture(workspace)];
    const made = await editor.post(
      compose,
      filled({
        accounts: [facebook, instagram],
        content: "Two\r\nlines",
        media: [second, first],
        [`alt.${first}`]: "A square",
        [`alt.${second}`]: "",
        instagram_content: "On Instagram",
        facebook_first_comment: "First!",
        when: "at",
        at: new Date(Date.now() + DAY).toISOString().slice(0, 16),
        external_id: "summer",
      }),
    );
    expect(made.location).toMatch(/^\/console\/[^/]+\/test\/posts\/post_\w+\?done=composed$/);
    const post = await read(postOf(made));
    expect(post).toMatchObject({
      content: "Two\nlines",
      media: [second, first],
      status: "queued",
      external_id: "summer",
    });
    expect(post.tasks.map(({ platform }: { platform: string }) => platform)).toEqual(["facebook", "instagram"]);
    const page = await editor.get(pageOf(workspace, `posts/${post.id}/edit`));
    expect(page.text).toContain("A square");
    expect(page.text).toContain("On Instagram");
    expect(page.text).toContain("First!");
  });

  it("goes out at a time of the workspace's time zone", async () => {
    const own = await newWorkspace();
    await call("PATCH", "/v1/workspace", { key: own.test, body: { time_zone: "America/New_York" } });
    const person = await newMember(own, "editor");
    const account = await newAccount(own, "facebook");
    const day = new Date(Date.now() + 30 * DAY).toISOString().slice(0, 10);
    const at = { local: `${day}T09:30`, time_zone: "America/New_York" };
    const form = filled({ accounts: account, when: "at", at: at.local, publish_before: `${day}T10:30` });
    const id = postOf(await person.post(pageOf(own, "compose"), form));
    const { body } = await call("GET", `/v1/posts/${id}`, { key: own.test });
    const other = { content: "Another", accounts: [account], schedule: at };
    const asked = await call("POST", "/v1/publish", { key: own.test, body: other });
    expect(body.scheduled_at).toBe(asked.body.scheduled_at);
    expect(Date.parse(body.publish_before) - Date.parse(body.scheduled_at)).toBe(3_600_000);
    const page = await person.get(pageOf(own, `posts/${id}/edit`));
    expect(page.text).toContain(`value="${at.local}"`);
    expect(page.text).toContain("America/New_York");
  });

  it("of a day of the calendar begins with that day", async () => {
    const page = await editor.get(`${compose}?day=2026-12-24`);
    expect(page.text).toContain('value="2026-12-24T09:00"');
    expect((await editor.get(`${compose}?day=%22%3E`)).text).not.toContain('T09:00"');
  });

  it("waits for approval where that is asked for, with what is to be known", async () => {
    const expires = new Date(Date.now() + 2 * DAY).toISOString().slice(0, 16);
    const form = filled({ approval: "true", approval_expires_at: expires, approval_comment: "Look at the text" });
    const post = await read(postOf(await editor.post(compose, form)));
    expect(post.status).toBe("awaiting_approval");
    expect(post.approval).toMatchObject({ comment: "Look at the text", expires_at: `${expires}:00Z` });
  });

  it("is made once, also when the form is sent twice at once and again", async () => {
    const form = filled({});
    const sent = await Promise.all([editor.post(compose, form), editor.post(compose, form)]);
    const again = await editor.post(compose, form);
    expect(new Set([...sent, again].map(postOf)).size).toBe(1);
    const other = await editor.post(compose, filled({ content: form.content }));
    expect(postOf(other)).not.toBe(postOf(again));
  });

  it("is refused with what is wrong at its fields, and keeps what was written", async () => {
    const picture = await newPicture(workspace);
    const page = await editor.post(
      compose,
      filled({
        accounts: [],
        content: "My <b>words</b>",
        media: picture,
        [`alt.${picture}`]: "Described",
        when: "at",
        at: "soon",
      }),
    );
    expect(page.status).toBe(400);
    expect(foundAt("accounts", page.text)).toContain("at least one connected account");
    expect(foundAt("at", page.text)).toContain("Choose a date and a time.");
    for (const kept of ["My &lt;b&gt;words", "Described", picture]) expect(page.text).toContain(kept);
    expect(page.text).toContain('role="alert"');
    expect(page.text).toMatch(/<input[^>]*id="at"[^>]*aria-invalid="true"/);
  });

  it("that says the same again is refused with a way to the first, and one to publish it all the same", async () => {
    const own = await newWorkspace();
    await call("PATCH", "/v1/workspace", { key: own.test, body: { duplicate_guard: true } });
    const person = await newMember(own, "editor");
    const path = pageOf(own, "compose");
    const fields = { accounts: await newAccount(own, "facebook"), content: "Said" };
    const first = postOf(await person.post(path, filled(fields)));
    const refused = await person.post(path, filled(fields));
    expect(refused.status).toBe(409);
    expect(refused.text).toContain(`href="${pageOf(own, `posts/${first}`)}"`);
    expect(refused.text).toContain('value="publish_anyway"');
    const second = postOf(await person.post(path, filled({ ...fields, do: "publish_anyway" })));
    expect(second).not.toBe(first);
  });

  it("goes nowhere that its author does not reach", async () => {
    const key = workspace.test;
    const group = (await call("POST", "/v1/account-groups", { key, body: { name: "A client" } })).body.id;
    const theirs = await newAccount(workspace, "facebook", "ok");
    await call("PATCH", `/v1/accounts/${theirs}`, { key, body: { group_id: group } });
    const limited = await newMember(workspace, "editor", { groups: [group] });
    const page = await limited.get(compose);
    expect(page.text).toContain(theirs);
    expect(page.text).not.toContain(facebook);
    const refused = await limited.post(compose, filled({ accounts: [facebook] }));
    expect([refused.status, foundAt("accounts", refused.text)]).toEqual([
      400,
      expect.stringContaining("is not a test account"),
    ]);
    expect((await limited.post(compose, filled({ accounts: [theirs] }))).status).toBe(303);
  });

  it("is not for a viewer to make", async () => {
    for (const role of ["viewer", "approver"] as const) {
      const person = await newMember(workspace, role);
      expect((await person.get(compose)).status).toBe(403);
      for (const path of [compose, `${compose}/check`, `${compose}/uploads`, `${compose}/media`]) {
        expect([path, (await person.post(path, filled({}))).status]).toEqual([path, 403]);
      }
    }
    const stranger = await new ConsoleBrowser().post(compose, filled({}));
    expect(stranger.location).toBe(`/console/sign-in?next=${encodeURIComponent(compose)}`);
  });

  it("needs an account, and says so", async () => {
    const own = await newWorkspace();
    const [admin, other] = [await newMember(own, "admin"), await newMember(own, "editor")];
    expect((await admin.get(pageOf(own, "compose"))).text).toContain("Connect an account");
    expect((await other.get(pageOf(own, "compose"))).text).toContain("An admin of the workspace can connect one.");
  });
});

describe("the dry run", () => {
  it("answers a script with the places that change", async () => {
    const instagram = await newAccount(workspace, "instagram");
    const form = filled({ accounts: [instagram], content: "<i>x</i>".repeat(300), instagram_link: "" });
    const { status, text } = await editor.post(`${compose}/check`, form);
    expect(status).toBe(200);
    const { html } = JSON.parse(text);
    expect(foundAt("content", html)).toContain("at most 2200 characters");
    expect(foundAt("media", html)).toContain("needs a picture or a video");
    expect(html).toContain("2 things stand in the way");
    expect(html).toContain("&lt;i&gt;x");
    expect(html).not.toContain("<i>");
    const { body } = await call("GET", "/v1/posts", { key: workspace.test });
    expect(JSON.stringify(body)).not.toContain("<i>x");
  });

  it("is there without scripts too, and does not make a post", async () => {
    const page = await editor.post(compose, filled({ content: "Only looked at", do: "check" }));
    expect(page.status).toBe(200);
    expect(page.text).toContain("Nothing stands in the way.");
    expect(page.text).toContain("Only looked at");
    const { body } = await call("GET", "/v1/posts", { key: workspace.test });
    expect(JSON.stringify(body)).not.toContain("Only looked at");
  });

  it("looks at the rest of what is filled in where a part cannot be read", async () => {
    const instagram = await newAccount(workspace, "instagram");
    const form = {
      accounts: instagram,
      when: "at",
      at: "",
      facebook_link: "no link",
      publish_before: "x",
      do: "check",
    };
    const page = await editor.post(compose, filled(form));
    expect(foundAt("at", page.text)).toContain("Choose a date and a time.");
    expect(foundAt("publish_before", page.text)).toContain("Choose a date and a time.");
    expect(foundAt("facebook_link", page.text)).toContain("Link is not a valid url.");
    expect(foundAt("media", page.text)).toContain("needs a picture or a video");
  });

  it("stands at the picture that it is about", async () => {
    const instagram = await newAccount(workspace, "instagram");
    const form = new FormData();
    form.set("file", new File([jpeg(1080, 300)], "wide.jpg", { type: "image/jpeg" }));
    const wide = (await call("POST", "/v1/media", { key: workspace.test, body: form })).body.id;
    const page = await editor.post(compose, filled({ accounts: instagram, media: wide, do: "check" }));
    expect(foundAt(wide, page.text)).toContain("between 4:5 and 1.91:1");
    const long = "x".repeat(1_001);
    const described = await editor.post(
      compose,
      filled({ accounts: facebook, media: wide, [`alt.${wide}`]: long, do: "check" }),
    );
    expect(foundAt(`alt.${wide}`, described.text)).toContain("may have at most 1000 characters");
    expect(foundAt(wide, described.text)).toBe("");
    const several = filled({
      accounts: instagram,
      media: [wide, await newPicture(workspace)],
      instagram_type: "story",
    });
    const story = await editor.post(compose, { ...several, do: "check" });
    expect(foundAt("media", story.text)).toContain("takes one picture or video");
  });
});

describe("files", () => {
  it("come with the form where no script brings them, once, and in order", async () => {
    const send = (fields: Record<string, string | readonly string[]>) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) for (const each of [value].flat()) form.append(name, each);
      for (const width of [640, 720]) {
        form.append("files", new File([jpeg(width, width)], `${width}.jpg`, { type: "image/jpeg" }));
      }
      return editor.send("POST", compose, form);
    };
    const fields = filled({});
    const [made, again] = [await send(fields), await send(fields)];
    expect(postOf(again)).toBe(postOf(made));
    const { media } = await read(postOf(made));
    const rows = await Promise.all(
      media.map(async (id: string) => (await call("GET", `/v1/media/${id}`, { key: workspace.test })).body.width),
    );
    expect(rows).toEqual([640, 720]);
  });

  it("that are none are refused, and the others and the text stay", async () => {
    const form = new FormData();
    for (const [name, value] of Object.entries(filled({ content: "Still here" }))) form.append(name, String(value));
    form.append("files", new File([jpeg(640, 640)], "good.jpg"));
    form.append("files", new File(["no picture"], "bad.txt"));
    const page = await editor.send("POST", compose, form);
    expect(page.status).toBe(400);
    expect(foundAt("media", page.text)).toContain("error");
    expect(page.text).toContain("Still here");
    expect(page.text.match(/name="media"/g)).toHaveLength(1);
  });

  it("are moved and removed by buttons", async () => {
    const [a, b, c] = [await newPicture(workspace), await newPicture(workspace), await newPicture(workspace)];
    const order = async (step: string) => {
      const page = await editor.post(compose, filled({ media: [a, b, c], do: step }));
      return [...page.text.matchAll(/name="media" value="([^"]+)"/g)].map(([, id]) => id);
    };
    expect(await order(`up.${c}`)).toEqual([a, c, b]);
    expect(await order(`up.${a}`)).toEqual([a, b, c]);
    expect(await order(`down.${a}`)).toEqual([b, a, c]);
    expect(await order(`remove.${b}`)).toEqual([a, c]);
    expect(await order("add")).toEqual([a, b, c]);
  });

  it("are brought by a script in one piece, or in parts", async () => {
    const picture = jpeg(800, 800);
    const whole = await editor.send("POST", `${compose}/media`, picture, {
      "Content-Type": "application/octet-stream",
    });
    expect(whole.status).toBe(200);
    expect(JSON.parse(whole.text).html).toMatch(/name="media" value="media_\w+"/);

    const begun = await editor.say(`${compose}/uploads`, { bytes: picture.byteLength, name: "picture.jpg" });
    expect(begun.body).toMatchObject({ parts: 1, partBytes: 8 * 1024 * 1024 });
    const path = `${compose}/uploads/${begun.body.id}`;
    const part = await editor.send("PUT", `${path}/parts/1`, picture, { "Content-Type": "application/octet-stream" });
    expect(JSON.parse(part.text)).toEqual({ receivedParts: [1] });
    const [done, again] = [
      await editor.send("POST", `${path}/complete`),
      await editor.send("POST", `${path}/complete`),
    ];
    const id = /value="(media_\w+)"/.exec(JSON.parse(done.text).html)?.[1] ?? "";
    expect(JSON.parse(again.text).html).toContain(id);
    const file = await editor.get(pageOf(workspace, `media/${id}`));
    expect([file.status, file.headers.get("Content-Type")]).toEqual([200, "image/jpeg"]);
    expect(file.headers.get("Content-Security-Policy")).toMatch(/^default-src 'none';.* sandbox$/);
  });

  it("that a script brings and that are none are refused in words", async () => {
    const bad = await editor.send("POST", `${compose}/media`, new TextEncoder().encode("no picture"), {
      "Content-Type": "application/octet-stream",
    });
    expect([bad.status, JSON.parse(bad.text).error.message]).toEqual([400, expect.stringMatching(/\.$/)]);
    expect((await editor.say(`${compose}/uploads`, { bytes: 0, name: "x" })).status).toBe(400);
    expect((await editor.send("POST", `${compose}/uploads/upload_x/complete`)).status).toBe(404);
    const foreign = await editor.send("POST", `${compose}/media`, jpeg(640, 640), { "Sec-Fetch-Site": "cross-site" });
    expect(foreign.status).toBe(403);
  });

  it("of another workspace are not there", async () => {
    const elsewhere = await newWorkspace();
    const id = await newPicture(elsewhere);
    expect((await editor.get(pageOf(workspace, `media/${id}`))).status).toBe(404);
    const page = await editor.post(compose, filled({ media: id }));
    expect(page.status).toBe(400);
    expect(foundAt(id, page.text)).toContain("is not media of this workspace");
  });
});

describe("an existing post", () => {
  const planned = async (fields = {}) => {
    const schedule = new Date(Date.now() + DAY).toISOString();
    const body = { content: "Before", accounts: [facebook], schedule, ...fields };
    return (await call("POST", "/v1/publish", { key: workspace.test, body })).body.id;
  };
  /** The fields of a page's form, as a browser would send them. */
  const fieldsOf = async (path: string) => {
    const { text } = await editor.get(path);
    const value = (name: string) => new RegExp(`name="${name}"[^>]*value="([^"]*)"`).exec(text)?.[1] ?? "";
    return filled({
      version: value("version"),
      content: "Before",
      when: "at",
      at: /id="at"[^>]*value="([^"]+)"/.exec(text)?.[1] ?? "",
    });
  };

  it("is changed where something was changed, and nowhere else", async () => {
    const id = await planned({ options: { facebook: { link: "https://example.com/a" } } });
    const path = pageOf(workspace, `posts/${id}/edit`);
    const before = await read(id);
    const form = { ...(await fieldsOf(path)), content: "After", facebook_link: "https://example.com/a" };
    const saved = await editor.post(path, form);
    expect(saved.location).toContain(`/posts/${id}`);
    expect(await read(id)).toMatchObject({ content: "After", version: 2, scheduled_at: before.scheduled_at });
    expect((await editor.post(path, form)).status).toBe(303);
    expect((await read(id)).version).toBe(2);
    const { body } = await call("GET", "/v1/audit?action=post.edited", { key: workspace.test });
    expect(body.lines[0]).toMatchObject({ target: id, details: { changed: ["content"] } });
  });

  it("keeps options that the form has no field for", async () => {
    const instagram = await newAccount(workspace, "instagram");
    const media = [await newPicture(workspace)];
    const options = { instagram: { collaborators: ["somebody"], alt_text: ["Old"] } };
    const id = await planned({ accounts: [instagram], media, options });
    const path = pageOf(workspace, `posts/${id}/edit`);
    const form = { ...(await fieldsOf(path)), media, [`alt.${media[0]}`]: "New" };
    expect((await editor.post(path, form)).status).toBe(303);
    const stored = await env.DB.prepare("SELECT options FROM posts WHERE id = ?").bind(id).first<string>("options");
    expect(JSON.parse(stored ?? "")).toEqual({ instagram: { collaborators: ["somebody"], alt_text: ["New"] } });
  });

  it("that was changed meanwhile is not changed, and its editor is told", async () => {
    const id = await planned();
    const path = pageOf(workspace, `posts/${id}/edit`);
    const form = await fieldsOf(path);
    await call("PATCH", `/v1/posts/${id}`, { key: workspace.test, body: { content: "Theirs" } });
    const refused = await editor.post(path, { ...form, content: "Mine" });
    expect(refused.status).toBe(409);
    expect(refused.text).toContain("Somebody has changed this post");
    expect(refused.text).toContain("Mine");
    expect((await read(id)).content).toBe("Theirs");
  });

  it("of which nothing was changed stays as it is", async () => {
    const id = await planned();
    const path = pageOf(workspace, `posts/${id}/edit`);
    expect((await editor.post(path, await fieldsOf(path))).status).toBe(303);
    expect((await read(id)).version).toBe(1);
  });

  it("that cannot be changed any more says why", async () => {
    const id = await planned();
    const path = pageOf(workspace, `posts/${id}/edit`);
    const form = await fieldsOf(path);
    await call("DELETE", `/v1/posts/${id}`, { key: workspace.test });
    const refused = await editor.post(path, { ...form, content: "Mine" });
    expect(refused.status).toBe(409);
    expect(refused.text).toContain("is canceled and cannot be changed");
    const none = await editor.get(pageOf(workspace, "posts/post_01ARZ3NDEKTSV4RRFFQ69G5FAV/edit"));
    expect(none.status).toBe(404);
  });

  it("is looked at by the same dry run", async () => {
    const id = await planned();
    const path = pageOf(workspace, `posts/${id}/edit`);
    const form = { ...(await fieldsOf(path)), content: "" };
    const { text } = await editor.post(`${path}/check`, form);
    expect(foundAt("content", JSON.parse(text).html)).toContain("must not be empty");
    const page = await editor.post(path, { ...form, do: "check" });
    expect(foundAt("content", page.text)).toContain("must not be empty");
    expect((await read(id)).content).toBe("Before");
  });
});

describe("a form", () => {
  it("may carry files, and not without bounds", async () => {
    const send = (size: number) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(filled({ do: "add" }))) form.append(name, String(value));
      form.append("files", new File([new Uint8Array(size)], "large.jpg"));
      return editor.send("POST", compose, form);
    };
    expect((await send(1_000_000)).status).toBe(400);
    const refused = await send(22_000_000);
    expect([refused.status, refused.text]).toEqual([413, expect.stringContaining("That was too much")]);
    const long = await editor.post(`${compose}/check`, filled({ content: "ü".repeat(30_000) }));
    expect(JSON.parse(long.text).html).toContain("Nothing stands in the way");
  });
});

describe("the page", () => {
  it("shows what clients write as text, loads its own files alone, and is light", async () => {
    const script = `<script>alert("x")</script>'&`;
    const own = await newWorkspace();
    const person = await newMember(own, "editor");
    const key = own.test;
    const group = (await call("POST", "/v1/account-groups", { key, body: { name: script } })).body.id;
    const account = await newAccount(own, "facebook");
    await env.DB.prepare("UPDATE accounts SET name = ?1, username = ?1 WHERE id = ?2").bind(script, account).run();
    await call("PATCH", `/v1/accounts/${account}`, { key, body: { group_id: group } });
    const fields = filled({ accounts: account, content: script, facebook_first_comment: script, external_id: script });
    const page = await person.post(pageOf(own, "compose"), { ...fields, do: "check", facebook_link: script });
    expect(page.text).toContain("&lt;script&gt;alert(");
    expect(page.text).not.toContain("<script>alert(");
    expect(page.text).not.toMatch(/ on\w+="| style="/);
    const loaded = [...page.text.matchAll(/<(?:script|link)[^>]+(?:src|href)="([^"]+)"/g)].map(([, file = ""]) => file);
    const files = await Promise.all(loaded.map((file) => person.get(file)));
    expect(files.map(({ status }) => status)).toEqual(loaded.map(() => 200));
    expect(loaded.every((file) => file.startsWith("/console/assets/"))).toBe(true);
    expect(files.reduce((sum, { text }) => sum + text.length, page.text.length)).toBeLessThan(60_000);
  });
});
