import { describe, expect, it } from "vitest";
import { errorBody } from "../../src/api/error-envelope.ts";
import { ERRORS, ERRORS_PAGE } from "../../src/api/errors.ts";
import type { ErrorCode } from "../../src/lib/vocabulary.ts";
import { COMING_PLATFORMS, LIVE_PLATFORMS, PLATFORM_NAMES } from "../../src/lib/vocabulary.ts";
import { call } from "./helpers/api.ts";
import { expectDocumented } from "./helpers/documented.ts";

/*
 * What describes the API, open without a key.
 */

describe("an answer of the API", () => {
  const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
    status,
    headers: new Headers({ "X-Request-Id": "req_1", "Content-Type": "application/json", ...headers }),
    text: JSON.stringify(body),
  });
  const canceled = { success: true };
  const refuse = (code: ErrorCode, requestId = "req_1") =>
    errorBody({ code, message: "It is so." }, { requestId, origin: "https://api.example.com" });
  const refusal = refuse("conflict");

  it("passes as it is documented", () => {
    expectDocumented("DELETE", "/v1/posts/post_1", answer(200, canceled));
    expectDocumented("DELETE", "/v1/posts/post_1?force=true", answer(409, refusal));
    expectDocumented("GET", "/v1/nothing", answer(404, refuse("not_found")));
  });

  it.each([
    ["has another status", answer(201, canceled), /answered 201, which is not documented/],
    ["has a member more", answer(200, { ...canceled, more: 1 }), /not as documented .*more/s],
    ["lacks a member", answer(200, {}), /not as documented .*success/s],
    ["has the code of another status", answer(404, refusal), /with the code of another status/],
    ["has the id of another request", answer(409, refuse("conflict", "req_2")), /with the id of another request/],
    ["says when to retry in a header alone", answer(409, refusal, { "Retry-After": "3" }), /Retry-After apart/],
    ["is something else than JSON", answer(200, canceled, { "Content-Type": "text/html" }), /not as application\/json/],
  ])("fails its test when it %s", (_what, given, message) => {
    expect(() => expectDocumented("DELETE", "/v1/posts/post_1", given)).toThrow(message);
  });
});

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

describe("the page of errors", () => {
  it("has an anchor for every code, with what it says and what to do", async () => {
    const { status, text, headers } = await call("GET", ERRORS_PAGE);
    expect([status, headers.get("Content-Type")]).toEqual([200, "text/html; charset=UTF-8"]);
    for (const [code, { description, remediation }] of Object.entries(ERRORS)) {
      const [section] = new RegExp(`<section id="${code}">.*?</section>`, "s").exec(text) ?? [""];
      const words = section.replaceAll("&#39;", "'");
      expect(words).toContain(description);
      expect(words).toContain(remediation);
    }
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    const policy = headers.get("Content-Security-Policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|script-src/);
  });

  it("is where an error leads to, and the page of the API too", async () => {
    const { doc_url } = (await call("GET", "/v1/posts")).body.error;
    const { origin, pathname, hash } = new URL(doc_url);
    expect([origin, pathname, hash]).toEqual(["http://apionics.test", ERRORS_PAGE, "#unauthorized"]);
    expect((await call("GET", "/docs")).text).toContain(`href="${pathname}${hash}"`);
  });
});
