import { describe, expect, it } from "vitest";
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
