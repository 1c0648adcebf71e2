import type { Browser, BrowserContext } from "playwright-core";
import { join, newContext, newPerson } from "./person.ts";
import type { Words } from "./words.ts";
import type { TestWorkspace } from "./workspace.ts";
import { newWorkspace } from "./workspace.ts";
import type { Written } from "./written.ts";
import { write } from "./written.ts";

/** A workspace in which everything has happened that pages show. */
export interface World extends Written {
  workspace: TestWorkspace;
  /** Another one, of which nobody is a member. */
  other: TestWorkspace;
  /** A browser of each: an admin, a viewer, an editor who sees one group of accounts alone, and somebody who has not signed in. */
  browsers: Record<Who, BrowserContext>;
  /** The editor. */
  editorId: string;
}

export type Who = "admin" | "viewer" | "editor" | "stranger";

export async function newWorld(browser: Browser, words: Words): Promise<World> {
  const workspace = await newWorkspace(words.workspace);
  const { ask } = workspace.test;
  const invite = async (role: string, groups: string[] | null) =>
    (await ask("POST", "/v1/members/invite", { role, groups })).url;
  const enter = async (link: string, name: string) => {
    const page = await newPerson(browser);
    await join(page, link, name);
    await page.close();
    return page.context();
  };
  const stranger = await newContext(browser);
  await connectPages(stranger, workspace);
  const written = write(workspace, words);
  const admin = await enter(await workspace.newLink(), words.admin);
  const viewer = await enter(await invite("viewer", null), words.viewer);
  const { groupId } = await written;
  const editor = await enter(await invite("editor", [groupId]), words.editor);
  const { members } = await ask("GET", "/v1/members");
  return {
    ...(await written),
    workspace,
    other: await newWorkspace(words.workspace),
    browsers: { admin, viewer, editor, stranger },
    editorId: members.find(({ role }: { role: string }) => role === "editor").person_id,
  };
}

/** Connects all Pages of the stand-in in live mode, as whoever has them does. */
async function connectPages(context: BrowserContext, { live }: TestWorkspace): Promise<void> {
  const page = await context.newPage();
  await page.goto((await live.ask("POST", "/v1/accounts/connect", { platform: "facebook" })).url);
  await page.getByRole("button", { name: "Continue with Facebook" }).click();
  await page.getByRole("button", { name: "Connect" }).click();
  await page.waitForURL("**/connect/done/*");
  await page.close();
}
