import { describe, expect, it } from "vitest";
import { movie } from "../helpers/movies.ts";
import { MEDIA } from "../helpers/sandbox.ts";
import { openPage, VIDEO } from "../helpers/sandbox-page.ts";

describe("the host for uploads", () => {
  const bytes = movie({ payload: 1_000 });
  const file_size = String(bytes.byteLength);

  async function start() {
    const { page, reel, ...rest } = openPage();
    const { body } = await reel("video_reels", { upload_phase: "start" });
    const send = (headers: Record<string, string>, body?: Uint8Array<ArrayBuffer>) =>
      page.upload(address, headers, body);
    const address: string = body.upload_url;
    return { ...rest, page, address, id: body.video_id as string, send };
  }

  it("takes the bytes, and tells a wrong offset from a body that ended early", async () => {
    const { sandbox, id, send, finish, page } = await start();
    const early = await send({ offset: "0", file_size }, bytes.slice(0, 600));
    expect([early.status, early.body]).toEqual([
      400,
      { debug_info: { retriable: true, type: "PartialRequestError", message: expect.any(String) } },
    ]);
    const wrong = await send({ offset: "0", file_size }, bytes);
    expect(wrong.status).toBe(412);
    expect(wrong.body.debug_info).toMatchObject({ type: "OffsetInvalidError", retriable: true });
    expect((await send({ offset: "600", file_size }, bytes.slice(600))).body.success).toBe(true);
    await finish("video_reels", id);
    sandbox.now += 3_000;
    expect(page.posts()).toMatchObject([{ kind: "reel", media: [{ id, url: null }] }]);
  });

  it.each<[string, Record<string, string>, Uint8Array<ArrayBuffer> | undefined]>([
    ["no header", {}, bytes],
    ["no size", { offset: "0" }, bytes],
    ["no bytes", { offset: "0", file_size }, undefined],
    ["more bytes than were announced", { offset: "0", file_size: "10" }, bytes],
    ["an address and bytes", { file_url: VIDEO }, bytes],
  ])("refuses %s", async (_, headers, body) => {
    const { send } = await start();
    const answer = await send(headers, body);
    expect([answer.status, answer.body.debug_info.type]).toEqual([400, "ParameterValidationError"]);
  });

  it("says of an address that it cannot be fetched", async () => {
    const { send } = await start();
    const answer = await send({ file_url: `${MEDIA}/none.mp4` });
    expect([answer.status, answer.body]).toEqual([
      422,
      { debug_info: { retriable: false, type: "FileUrlProcessingError", message: expect.any(String) } },
    ]);
  });

  it("takes the same address twice, and once", async () => {
    const { send } = await start();
    for (let i = 0; i < 2; i++) expect((await send({ file_url: VIDEO })).body.success).toBe(true);
  });

  it("wants the token in its header, of the account that the upload is for", async () => {
    const { sandbox, address, page } = await start();
    const init = { method: "POST", headers: { file_url: VIDEO } };
    const none = await sandbox.send(new Request(`${address}?access_token=${page.token}`, init));
    expect([none.status, none.body.debug_info.type]).toEqual([400, "NotAuthorizedError"]);
    const other = await sandbox.open("facebook").upload(address, { file_url: VIDEO });
    expect(other.body.debug_info.type).toBe("ParameterValidationError");
  });
});
