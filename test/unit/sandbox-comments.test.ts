import { describe, expect, it } from "vitest";
import { faultOf, MEDIA, TestSandbox } from "../helpers/sandbox.ts";

const IMAGE = { image_url: `${MEDIA}/picture.jpg` };

function openAccount() {
  const sandbox = new TestSandbox();
  const account = sandbox.open("instagram");
  const show = async (params: Record<string, string>): Promise<string> => {
    const container = await account.post(`${account.id}/media`, params);
    return (await account.post(`${account.id}/media_publish`, { creation_id: container.body.id })).body.id;
  };
  return { sandbox, account, show };
}

describe("comments below media of Instagram", () => {
  it("are made by their message and listed with their author, newest first", async () => {
    const { sandbox, account, show } = openAccount();
    const id = await show(IMAGE);
    const first = await account.post(`${id}/comments`, { message: "First!" });
    expect(first.body).toEqual({ id: expect.stringMatching(/^\d{17}$/) });
    sandbox.now += 1_000;
    await account.post(`${id}/comments`, { message: "Second" });
    const { body } = await account.get(`${id}/comments`, { fields: "id,text,username,timestamp,from" });
    expect(body.data).toHaveLength(2);
    expect(body.data[1]).toEqual({
      id: first.body.id,
      text: "First!",
      username: "someone",
      timestamp: "2026-11-01T12:00:00+0000",
      from: { id: account.id, username: "someone" },
    });
    const newest = await account.get(`${id}/comments`, { limit: "1" });
    expect(newest.body.data).toEqual([{ id: body.data[0].id, text: "Second", timestamp: "2026-11-01T12:00:01+0000" }]);
    expect((await sandbox.send(new Request(newest.body.paging.next))).body.data[0].text).toBe("First!");
    expect(account.posts()[0]?.comments.map(({ text }) => text)).toEqual(["First!", "Second"]);
  });

  it("need words, and a post that takes them", async () => {
    const { sandbox, account, show } = openAccount();
    expect(faultOf(await account.post(`${await show(IMAGE)}/comments`, { message: " " }))).toEqual([100]);
    const story = await show({ media_type: "STORIES", ...IMAGE });
    expect(faultOf(await account.post(`${story}/comments`, { message: "x" }))).toEqual([100]);
    const other = sandbox.open("instagram");
    expect(faultOf(await other.post(`${story}/comments`, { message: "x" }))).toEqual([100, 33]);
  });

  it("can be read and deleted by their ids", async () => {
    const { account, show } = openAccount();
    const id = await show(IMAGE);
    const { body } = await account.post(`${id}/comments`, { message: "Hm" });
    expect((await account.get(body.id, { fields: "text" })).body).toEqual({ id: body.id, text: "Hm" });
    expect((await account.call("DELETE", body.id)).body).toEqual({ success: true });
    expect((await account.get(`${id}/comments`)).body).toEqual({ data: [] });
  });
});

describe("comments below a Page's post", () => {
  it("are made by their message, under an id of the post's and their own, and listed oldest first", async () => {
    const sandbox = new TestSandbox();
    const page = sandbox.open("facebook");
    const { body: post } = await page.post(`${page.id}/feed`, { message: "Hello" });
    const first = await page.post(`${post.id}/comments`, { message: "First!" });
    expect(first.body.id).toMatch(new RegExp(`^${post.id.split("_")[1]}_\\d{15}$`));
    sandbox.now += 1_000;
    await page.post(`${post.id}/comments`, { message: "Second" });
    const { body } = await page.get(`${post.id}/comments`, { fields: "id,message,created_time,from{name}" });
    expect(body.data[0]).toEqual({
      id: first.body.id,
      message: "First!",
      created_time: "2026-11-01T12:00:00+0000",
      from: { id: page.id, name: "someone" },
    });
    expect((await page.get(`${post.id}/comments`, { since: String(sandbox.now / 1_000) })).body.data).toMatchObject([
      { message: "Second" },
    ]);
    expect((await page.call("DELETE", first.body.id)).body).toEqual({ success: true });
    expect(page.posts()[0]?.comments.map(({ text }) => text)).toEqual(["Second"]);
  });
});
