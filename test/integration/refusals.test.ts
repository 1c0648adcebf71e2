import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { jpeg, png } from "../helpers/pictures.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newPicture, newWorkspace, publish } from "./helpers/api.ts";

let workspace: TestWorkspace;
let instagram: string;
let facebook: string;
let picture: string;
beforeAll(async () => {
  workspace = await newWorkspace();
  instagram = await newAccount(workspace, "instagram");
  facebook = await newAccount(workspace, "facebook");
  picture = await newPicture(workspace);
});

async function addPicture(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const form = new FormData();
  form.set("file", new File([bytes], "picture"));
  return (await call("POST", "/v1/media", { key: workspace.test, body: form })).body.id;
}

async function countPosts(): Promise<unknown> {
  const row = await env.DB.prepare("SELECT count(*) AS n FROM posts WHERE workspace_id = ?").bind(workspace.id).first();
  const total = (await call("GET", "/v1/posts", { key: workspace.test })).body.total;
  expect(total).toBe(row?.n);
  return row?.n;
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

describe("a publish request is refused with its field, and nothing is written", () => {
  it.each<[string, (fields: Record<string, unknown>) => unknown, string, string | RegExp]>([
    ["no body fields", () => ({}), "content", "content is required."],
    ["no content", ({ accounts }) => ({ accounts }), "content", "content is required."],
    ["content of another type", (ok) => ({ ...ok, content: 7 }), "content", "content must be a string."],
    ["no accounts", () => ({ content: "x" }), "accounts", "accounts must contain at least one connected account id."],
    [
      "empty accounts",
      (ok) => ({ ...ok, accounts: [] }),
      "accounts",
      "accounts must contain at least one connected account id.",
    ],
    ["accounts of another type", (ok) => ({ ...ok, accounts: "acc_1" }), "accounts", /at least one/],
    ["an account of another type", (ok) => ({ ...ok, accounts: [7] }), "accounts.0", "accounts.0 must be a string."],
    ["an unknown account", (ok) => ({ ...ok, accounts: ["acc_missing"] }), "accounts.0", /not a test account/],
    [
      "an account twice",
      ({ accounts, ...ok }) => ({ ...ok, accounts: [accounts, accounts].flat() }),
      "accounts.1",
      /repeats/,
    ],
    [
      "too many accounts",
      (ok) => ({ ...ok, accounts: Array.from({ length: 51 }, (_, i) => `acc_${i}`) }),
      "accounts",
      /at most 50/,
    ],
    ["unknown media", (ok) => ({ ...ok, media: ["media_missing"] }), "media.0", /not media of this workspace/],
    ["media twice", (ok) => ({ ...ok, media: ["media_1", "media_1"] }), "media.1", /repeats/],
    [
      "too much media",
      (ok) => ({ ...ok, media: Array.from({ length: 21 }, (_, i) => `media_${i}`) }),
      "media",
      /at most 20/,
    ],
    ["an unknown field", (ok) => ({ ...ok, when: "now" }), "when", "when is not a known field."],
    [
      "an unknown option",
      (ok) => ({ ...ok, options: { facebook: { lnk: "x" } } }),
      "options.facebook.lnk",
      /not a known field/,
    ],
    ["an option of no platform", (ok) => ({ ...ok, options: { myspace: {} } }), "options.myspace", /not a known field/],
    ["an unknown platform", (ok) => ({ ...ok, platforms: ["myspace"] }), "platforms.0", /must be one of/],
    [
      "a coming platform",
      (ok) => ({ ...ok, platforms: ["facebook", "tiktok"] }),
      "platforms.1",
      /tiktok, which is coming soon/,
    ],
    ["a platform twice", (ok) => ({ ...ok, platforms: ["facebook", "facebook"] }), "platforms.1", /repeats/],
    [
      "platforms without the account's",
      (ok) => ({ ...ok, platforms: ["instagram"] }),
      "accounts.0",
      /platforms does not list/,
    ],
    ["no date", (ok) => ({ ...ok, schedule: "tomorrow" }), "schedule", /RFC 3339/],
    ["a date without an offset", (ok) => ({ ...ok, schedule: "2099-06-01T09:00:00" }), "schedule", /RFC 3339/],
    ["a day that does not exist", (ok) => ({ ...ok, schedule: "2027-02-30T09:00:00Z" }), "schedule", /RFC 3339/],
    ["a date in the past", (ok) => ({ ...ok, schedule: inDays(-1) }), "schedule", /past/],
    ["a date in more than a year", (ok) => ({ ...ok, schedule: inDays(367) }), "schedule", /more than a year/],
    ["a schedule of another type", (ok) => ({ ...ok, schedule: 1_780_000_000 }), "schedule", /RFC 3339/],
    [
      "a text that is too long",
      (ok) => ({ ...ok, content: "x".repeat(63_207) }),
      "content",
      /at most 63206 characters/,
    ],
    ["no text, link or picture", (ok) => ({ ...ok, content: " " }), "content", /must not be empty/],
    [
      "a link that is none",
      (ok) => ({ ...ok, options: { facebook: { link: "javascript:alert(1)" } } }),
      "options.facebook.link",
      /valid/,
    ],
  ])("%s", async (_name, spoil, field, message) => {
    const before = await countPosts();
    const answer = await publish(workspace, spoil({ content: "x", accounts: [facebook] }) as Record<string, unknown>);
    expect(answer.body).toMatchObject({
      error: { code: "validation_error", message: expect.stringMatching(message), field },
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("X-Request-Id")).toMatch(/^req_/);
    expect(await countPosts()).toBe(before);
  });

  it.each<[string, () => Promise<Record<string, unknown>>, string, RegExp]>([
    ["no picture", async () => ({ media: [] }), "media", /needs a picture/],
    [
      "two pictures in a story",
      async () => ({ media: [picture, await newPicture(workspace)], options: { instagram: { type: "story" } } }),
      "media",
      /A story on Instagram takes one picture or video/,
    ],
    ["a PNG", async () => ({ media: [await addPicture(png(1080, 1080))] }), "media.0", /JPEG pictures only/],
    [
      "a picture too wide",
      async () => ({ media: [await addPicture(jpeg(2000, 1000))] }),
      "media.0",
      /between 4:5 and 1.91:1/,
    ],
    [
      "a picture too tall",
      async () => ({ media: [await addPicture(jpeg(1000, 1300))] }),
      "media.0",
      /between 4:5 and 1.91:1/,
    ],
    [
      "a picture too large",
      async () => ({ media: [await addPicture(jpeg(1080, 1080, 8 * 1024 * 1024))] }),
      "media.0",
      /8 MiB/,
    ],
    [
      "a caption too long",
      async () => ({ content: "🦄".repeat(2_201) }),
      "content",
      /at most 2200 characters, and this has 2201/,
    ],
    ["too many hashtags", async () => ({ content: "#a ".repeat(31) }), "content", /at most 30 hashtags/],
    ["too many mentions", async () => ({ content: "@a ".repeat(21) }), "content", /at most 20 accounts/],
  ])("on Instagram: %s", async (_name, spoil, field, message) => {
    const answer = await publish(workspace, {
      content: "x",
      accounts: [instagram],
      media: [picture],
      ...(await spoil()),
    });
    expect(answer.body).toMatchObject({
      error: { code: "validation_error", message: expect.stringMatching(message), field },
    });
  });

  it("on Facebook: a link beside a picture", async () => {
    const options = { facebook: { link: "https://example.com/" } };
    const answer = await publish(workspace, { content: "x", accounts: [facebook], media: [picture], options });
    expect(answer.body.error).toMatchObject({ code: "validation_error", field: "options.facebook.link" });
  });
});

describe("a request with several mistakes is told all of them, the first as its own", () => {
  it("of its shape", async () => {
    const body = { accounts: [7, "acc_1"], when: "now", what: "this", schedule: "tomorrow" };
    const { status, body: answer } = await publish(workspace, body);
    expect(status).toBe(400);
    const { errors, field, message } = answer.error;
    expect(errors[0]).toEqual({ field, message });
    expect(errors.map((each: { field: string }) => each.field)).toEqual([
      "content",
      "accounts.0",
      "schedule",
      "when",
      "what",
    ]);
    expect(errors).toContainEqual({ field: "what", message: "what is not a known field." });
  });

  it("of its time, its accounts, its media and its platforms' limits", async () => {
    const body = { content: "x", accounts: ["acc_missing"], media: ["media_missing"], schedule: inDays(-1) };
    const { error } = (await publish(workspace, body)).body;
    expect(error).toMatchObject({ code: "validation_error", field: "schedule", message: "schedule lies in the past." });
    expect(error.errors).toEqual([
      { code: "past", field: "schedule", message: error.message },
      { code: "unknown", field: "accounts.0", message: "accounts.0 is not a test account of this workspace." },
      { code: "unknown", field: "media.0", message: "media.0 is not media of this workspace." },
    ]);
  });

  it("of an edit", async () => {
    const accepted = await publish(workspace, { content: "x", accounts: [facebook], schedule: inDays(7) });
    const body = { content: "x".repeat(63_207), publish_before: inDays(1) };
    const { error } = (await call("PATCH", `/v1/posts/${accepted.body.id}`, { key: workspace.test, body })).body;
    expect(error.errors.map((each: { field: string }) => each.field)).toEqual(["content", "publish_before"]);
  });

  it("once, where several accounts have it in common", async () => {
    const accounts = [instagram, await newAccount(workspace, "instagram")];
    const body = { content: `${"#a ".repeat(31)}${"@a ".repeat(21)}`, accounts, media: [picture] };
    const { errors } = (await publish(workspace, body)).body.error;
    expect(errors.map((each: { message: string }) => each.message)).toEqual([
      expect.stringMatching(/30 hashtags/),
      expect.stringMatching(/20 accounts/),
    ]);
  });

  it("but no more than fifty, and none beside the one that is alone", async () => {
    const unknown = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`field_${i}`, i]));
    expect((await publish(workspace, unknown)).body.error.errors).toHaveLength(50);
    const alone = await publish(workspace, { content: "x", accounts: [facebook], when: "now" });
    expect(alone.body.error).not.toHaveProperty("errors");
  });
});

describe("a body that cannot be taken", () => {
  const json = { "Content-Type": "application/json" };

  it.each<[string, string, Record<string, string>, number, string, string]>([
    ["not JSON", '{"content":', json, 400, "validation_error", "body"],
    ["JSON that is no object", '["x"]', json, 400, "validation_error", "body"],
    ["null", "null", json, 400, "validation_error", "body"],
    [
      "another content type",
      "content=x",
      { "Content-Type": "text/plain" },
      415,
      "unsupported_media_type",
      "Content-Type",
    ],
    ["more than 256 KiB", JSON.stringify({ content: "x".repeat(262_144) }), json, 413, "payload_too_large", "body"],
  ])("%s", async (_name, body, headers, status, code, field) => {
    const answer = await call("POST", "/v1/publish", { key: workspace.test, body, headers });
    expect(answer.status).toBe(status);
    expect(answer.body.error).toMatchObject({ code, field, message: expect.stringMatching(/\.$/) });
    expect(answer.headers.get("X-Request-Id")).toMatch(/^req_/);
  });

  it("more than 256 KiB without a length", async () => {
    const { exports } = await import("cloudflare:workers");
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 300; i++) controller.enqueue(new Uint8Array(1_024).fill(0x20));
        controller.close();
      },
    });
    const response = await exports.default.fetch("http://apionics.test/v1/publish", {
      method: "POST",
      headers: { Authorization: `Bearer ${workspace.test}`, "Content-Type": "application/json" },
      body: chunks,
    });
    expect(response.status).toBe(413);
  });
});

describe("queries and paths", () => {
  it.each([
    ["/v1/posts?limit=0", "limit"],
    ["/v1/posts?limit=101", "limit"],
    ["/v1/posts?limit=ten", "limit"],
    ["/v1/posts?limit=1.5", "limit"],
    ["/v1/posts?limit=1&limit=2", "limit"],
    ["/v1/posts?status=done", "status"],
    ["/v1/posts?platform=myspace", "platform"],
    ["/v1/posts?from=yesterday", "from"],
    ["/v1/posts?cursor=nonsense", "cursor"],
    ["/v1/posts?page=2", "page"],
    ["/v1/accounts?page=2", "page"],
  ])("%s names %s", async (path, field) => {
    const answer = await call("GET", path, { key: workspace.test });
    expect([answer.status, answer.body.error.code, answer.body.error.field]).toEqual([400, "validation_error", field]);
  });
});

it("of a member that is twice in one object the last one counts", async () => {
  const body = `{"content":"First","accounts":["${facebook}"],"content":"Last"}`;
  const headers = { "Content-Type": "application/json" };
  const accepted = await call("POST", "/v1/publish", { key: workspace.test, body, headers });
  const { content } = (await call("GET", `/v1/posts/${accepted.body.id}`, { key: workspace.test })).body;
  expect([accepted.status, content]).toEqual([202, "Last"]);
});
