import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { heic, jpeg, png } from "../helpers/pictures.ts";
import { video } from "../helpers/videos.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish, saidBy } from "./helpers/api.ts";

let workspace: TestWorkspace;
let instagram: string;
let other: string;
let facebook: string;
const media: Record<string, string> = {};

beforeAll(async () => {
  workspace = await newWorkspace();
  instagram = await newAccount(workspace, "instagram");
  other = await newAccount(workspace, "instagram");
  facebook = await newAccount(workspace, "facebook");
  const files = {
    jpeg: jpeg(1080, 1080),
    png: png(1080, 1080),
    heic: heic(1080, 1080),
    slow: await video({ width: 1080, height: 1920, seconds: 4, audio: true, fastStart: false }),
  };
  for (const [name, body] of Object.entries(files)) {
    const headers = { "Content-Type": "application/octet-stream" };
    const answer = await call("POST", "/v1/media", { key: workspace.test, body, headers });
    if (answer.status !== 201) throw new Error(answer.text);
    media[name] = answer.body.id;
  }
});

function validate(body: Record<string, unknown>, of = workspace): Promise<Answer> {
  return call("POST", "/v1/publish/validate", { key: of.test, body: { content: "Hi", ...body } });
}

describe("the dry run", () => {
  it("finds nothing wrong with what would be published, and writes nothing", async () => {
    const before = await counts();
    const answer = await validate({ accounts: [instagram, facebook], media: [media.jpeg] });
    expect([answer.status, answer.body]).toEqual([200, { valid: true, violations: [], warnings: [] }]);
    expect(await counts()).toEqual(before);
  });

  it("answers every violation of every account at once, with the limit and the value", async () => {
    const { body } = await validate({
      content: "#a ".repeat(31),
      accounts: [instagram, facebook, other],
      media: [media.png, media.slow],
      schedule: "2020-01-01T00:00:00Z",
    });
    expect(body.valid).toBe(false);
    const found = body.violations.map(({ account_id, field, code }: Record<string, string>) => [
      account_id,
      field,
      code,
    ]);
    const ofInstagram = (account: string) => [
      [account, "media.0", "unsupported"],
      [account, "media.1", "unsupported"],
      [account, "content", "too_many"],
    ];
    expect(found).toEqual([
      [null, "schedule", "past"],
      ...ofInstagram(instagram),
      ...ofInstagram(other),
      [facebook, "media", "too_many"],
    ]);
    expect(body.violations.find(({ field }: { field: string }) => field === "content")).toMatchObject({
      limit: 30,
      value: 31,
      message: expect.stringMatching(/30 hashtags/),
    });
  });

  it("names accounts and media that are not there, all of them", async () => {
    const { body } = await validate({
      accounts: ["acc_gone", instagram],
      media: ["media_gone"],
      options: { instagram: { cover_media: "media_gone_too" } },
    });
    expect(body.violations.map(({ field, code }: Record<string, string>) => [field, code])).toEqual([
      ["accounts.0", "unknown"],
      ["media.0", "unknown"],
      ["options.instagram.cover_media", "unknown"],
    ]);
  });

  it("offers a rendition of a picture that Instagram does not take, and says when none can be made", async () => {
    const renditionOf = async (name: string) => {
      const { body } = await validate({ accounts: [instagram], media: [media[name]] });
      return body.violations[0].rendition;
    };
    expect(await renditionOf("png")).toEqual({ possible: true });
    expect(await renditionOf("heic")).toEqual({ possible: false, reason: expect.stringMatching(/^HEIC/) });
    expect(await renditionOf("slow")).toEqual({ possible: false, reason: expect.stringMatching(/^Videos/) });
    const { body } = await validate({ accounts: [facebook], media: [media.heic] });
    expect(body.violations[0]).not.toHaveProperty("rendition");
  });

  it("warns of more than five hashtags, and of what is for nobody", async () => {
    const { body } = await validate({
      content: "#a #b #c #d #e #f",
      accounts: [instagram],
      media: [media.jpeg],
      platforms: ["instagram", "facebook"],
      options: { facebook: { content: "x" } },
    });
    expect(body.valid).toBe(true);
    expect(body.warnings.map(({ account_id, code }: Record<string, string>) => [account_id, code])).toEqual([
      [null, "unused"],
      [null, "unused"],
      [instagram, "many_hashtags"],
    ]);
  });

  it("does not see what is another workspace's, and wants a key", async () => {
    const stranger = await newWorkspace();
    const { body } = await validate({ accounts: [instagram], media: [media.jpeg] }, stranger);
    expect(body.violations.map(({ code }: Record<string, string>) => code)).toEqual(["unknown", "unknown"]);
    expect((await call("POST", "/v1/publish/validate", { body: {} })).status).toBe(401);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["an unknown field", { filter: 1 }, "filter"],
    ["no account", { accounts: [] }, "accounts"],
    ["an unknown option", { options: { instagram: { filter: "x" } } }, "options.instagram.filter"],
    ["half a character", { content: "\ud800x" }, "content"],
  ])("refuses %s as publishing does", async (_name, fields, field) => {
    const body = { content: "Hi", accounts: [instagram], ...fields };
    const [dry, real] = [await validate(body), await publish(workspace, body)];
    expect([dry.status, dry.body.error.field]).toEqual([400, field]);
    expect(saidBy(dry)).toBe(saidBy(real));
  });
});

it("publishing refuses exactly what the dry run refuses, its first sentence first", async () => {
  const bodies = [
    { accounts: [instagram] },
    { accounts: [instagram, facebook], media: [media.png] },
    { accounts: [facebook], content: "" },
    { accounts: [facebook], media: [media.jpeg, media.slow] },
    { accounts: [instagram], media: [media.jpeg], options: { instagram: { thumb_offset_ms: 1 } } },
    { accounts: [facebook], schedule: "2099-01-01T00:00:00Z" },
    { accounts: [instagram], media: [media.jpeg] },
    { accounts: [facebook], options: { facebook: { type: "reel" } } },
  ];
  for (const body of bodies) {
    const { valid, violations } = (await validate(body)).body;
    const real = await publish(workspace, { content: "Hi", ...body });
    expect(real.status).toBe(valid ? 202 : 400);
    if (valid) continue;
    const [{ field, message }] = violations;
    expect(real.body.error).toMatchObject({ field, message });
    const found = violations.map((each: Record<string, string>) => [each.field, each.message].join(": "));
    const told = (real.body.error.errors ?? [{ field, message }]) as Record<string, string>[];
    expect(told.map((each) => [each.field, each.message].join(": "))).toEqual([...new Set(found)]);
  }
});

async function counts(): Promise<unknown> {
  const tables = ["posts", "tasks", "post_media", "events", "idempotency"];
  const rows = tables.map((table) => `SELECT '${table}' AS name, count(*) AS n FROM ${table}`);
  return (await env.DB.prepare(rows.join(" UNION ALL ")).all()).results;
}
