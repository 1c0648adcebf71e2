import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { readSignedRequest } from "../../src/platforms/meta/signed-request.ts";

/** Signed with another implementation: `{"algorithm":"HMAC-SHA256","issued_at":1767225600,"user_id":"10215432198765432"}`. */
const VECTOR =
  "Bdxw39ZmrVCLt3dKgEVAa6G_cIArz1QDr7FVDAKNiQ4." +
  "eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTc2NzIyNTYwMCwidXNlcl9pZCI6IjEwMjE1NDMyMTk4NzY1NDMyIn0";
const SECRET = "app-secret-of-the-tests";

function sign(payload: string, secret = SECRET): string {
  const encoded = Buffer.from(payload).toString("base64url");
  return `${createHmac("sha256", secret).update(encoded).digest("base64url")}.${encoded}`;
}

describe("a signed request", () => {
  it("says who it is about, whichever of our apps signed it", async () => {
    const read = { personId: "10215432198765432", issuedAt: 1_767_225_600_000 };
    expect(await readSignedRequest(VECTOR, [SECRET])).toEqual(read);
    expect(await readSignedRequest(VECTOR, ["another", SECRET])).toEqual(read);
  });

  it("may leave out when it was signed", async () => {
    const request = sign('{"algorithm":"HMAC-SHA256","user_id":"1"}');
    expect(await readSignedRequest(request, [SECRET])).toEqual({ personId: "1", issuedAt: null });
  });

  it.each<[string, string, string[]]>([
    ["another secret", VECTOR, ["another"]],
    ["no secret at all", VECTOR, []],
    ["a changed signature", `C${VECTOR.slice(1)}`, [SECRET]],
    ["a changed payload", `${VECTOR.slice(0, -1)}1`, [SECRET]],
    ["only a payload", VECTOR.split(".")[1] ?? "", [SECRET]],
    ["nothing", "", [SECRET]],
    ["a dot", ".", [SECRET]],
    ["a part too many", `${VECTOR}.x`, [SECRET]],
    ["a payload that is no JSON", sign("hello"), [SECRET]],
    ["a payload without a person", sign('{"algorithm":"HMAC-SHA256"}'), [SECRET]],
    ["another algorithm", sign('{"algorithm":"HMAC-SHA1","user_id":"1"}'), [SECRET]],
  ])("with %s says nothing", async (_name, request, secrets) => {
    expect(await readSignedRequest(request, secrets)).toBeNull();
  });
});
