import { describe, expect, it } from "vitest";
import { ERRORS } from "../../src/api/errors.ts";
import { COMING_PLATFORMS, LIVE_PLATFORMS, PLATFORM_NAMES } from "../../src/lib/vocabulary.ts";
import { call } from "./helpers/api.ts";

/*
 * What describes the API, open without a key.
 */

describe("GET /openapi.json", () => {
  it("answers the document, with a tag by which it is asked for again", async () => {
    const answer = await call("GET", "/openapi.json");
    expect(answer.status).toBe(200);
    expect(answer.body.openapi).toBe("3.1.0");
    const etag = answer.headers.get("ETag") ?? "";
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await call("GET", "/openapi.json", { headers: { "If-None-Match": known } });
      expect([again.status, again.text, again.headers.get("ETag")]).toEqual([304, "", etag]);
    }
    const changed = await call("GET", "/openapi.json", { headers: { "If-None-Match": '"other"' } });
    expect(changed.status).toBe(200);
  });
});

describe("GET /docs", () => {
  it("loads nothing from anywhere else, and allows no script but its own", async () => {
    const { status, text, headers } = await call("GET", "/docs");
    expect(status).toBe(200);
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    const policy = headers.get("Content-Security-Policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:/);
  });

  it("prints every error code and every platform", async () => {
    const { text } = await call("GET", "/docs");
    for (const code of Object.keys(ERRORS)) expect(text).toContain(`<code>${code}</code>`);
    for (const id of [...LIVE_PLATFORMS, ...COMING_PLATFORMS]) {
      expect(text).toContain(PLATFORM_NAMES[id]);
      expect(text).toContain(`<code>${id}</code>`);
    }
  });

  it.each([
    ["swagger-ui-bundle.js", "text/javascript"],
    ["swagger-ui.css", "text/css"],
  ])("serves %s itself", async (file, type) => {
    const { status, headers } = await call("GET", `/docs/${file}`);
    expect(status).toBe(200);
    expect(headers.get("Content-Type")).toContain(type);
  });

  it("serves no other file of the package", async () => {
    for (const path of ["/docs/index.html", "/docs/package.json", "/index.html", "/swagger-ui.css", "/"]) {
      expect((await call("GET", path)).status).toBe(404);
    }
  });
});
