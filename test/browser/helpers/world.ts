import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { join, newContext, newPerson } from "./person.ts";
import type { Words } from "./words.ts";
import type { TestWorkspace } from "./workspace.ts";
import { newWorkspace } from "./workspace.ts";

/** A picture to post, and to be seen where a platform's would be. */
export const PICTURE = resolve(import.meta.dirname, "../../../scripts/first-post.jpg");

/** A workspace in which everything has happened that pages show. */
export interface World {
  workspace: TestWorkspace;
  /** Another one, of which nobody is a member. */
  other: TestWorkspace;
  /** A browser of each: an admin, a viewer, an editor who sees one group of accounts alone, and somebody who has not signed in. */
  browsers: Record<Who, BrowserContext>;
  /** The editor. */
  editorId: string;
  /** Where the sandbox shows a post. */
  permalink: string;
}

export type Who = "admin" | "viewer" | "editor" | "stranger";

export async function newWorld(browser: Browser, words: Words): Promise<World> {
  const workspace = await newWorkspace(words.workspace);
  const { ask } = workspace.test;
  const permalink = publish(workspace, words.post);
  const group = await ask("POST", "/v1/account-groups", { name: words.group });
  const invite = async (role: string, groups: string[] | null) =>
    (await ask("POST", "/v1/members/invite", { role, groups })).url;
  const enter = async (link: string, name: string) => {
    const page = await newPerson(browser);
    await join(page, link, name);
    await page.close();
    return page.context();
  };
  const admin = await enter(await workspace.newLink(), words.admin);
  const viewer = await enter(await invite("viewer", null), words.viewer);
  const editor = await enter(await invite("editor", [group.id]), words.editor);
  const { members } = await ask("GET", "/v1/members");
  return {
    workspace,
    other: await newWorkspace(words.workspace),
    browsers: { admin, viewer, editor, stranger: await newContext(browser) },
    editorId: members.find(({ role }: { role: string }) => role === "editor").person_id,
    permalink: await permalink,
  };
}

/** Publishes a picture in the sandbox. @returns where it is shown */
async function publish({ test }: TestWorkspace, content: string): Promise<string> {
  const account = await test.ask("POST", "/v1/accounts/sandbox", { platform: "instagram", username: "Maison Lumière" });
  const form = new FormData();
  form.set("file", new File([readFileSync(PICTURE)], "picture.jpg"));
  const media = await test.ask("POST", "/v1/media", form);
  const { id } = await test.ask("POST", "/v1/publish", { content, accounts: [account.id], media: [media.id] });
  return (await test.ended(id)).tasks[0].permalink;
}
