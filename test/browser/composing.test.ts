import { expect, it } from "vitest";
import { join, newPerson, openBrowser } from "./helpers/person.ts";
import { newWorkspace } from "./helpers/workspace.ts";

/*
 * What the form of a post does while somebody types.
 */

const CHECK = "**/compose/check";

const browser = await openBrowser();

it("says that a check was not answered, and has the next change checked", async () => {
  const workspace = await newWorkspace("Maison Lumière");
  await workspace.test.ask("POST", "/v1/accounts/sandbox", { platform: "facebook", username: "bakery" });
  const page = await newPerson(browser);
  await join(page, await workspace.newLink(), "Ada");
  await page.goto(workspace.at("compose"));
  const text = page.getByRole("textbox", { name: "Text", exact: true });
  const fine = page.getByRole("status").getByText("Nothing stands in the way.");
  const unanswered = page.getByRole("status").getByText("The check did not answer");

  await page.getByLabel("bakery").check();
  await text.fill("Fresh bread");
  await fine.waitFor();
  await page.route(CHECK, (route) => route.abort());
  await text.fill("Fresh bread from seven");
  await unanswered.waitFor();
  expect(await fine.count()).toBe(0);

  await page.unroute(CHECK);
  await text.fill("Fresh bread from seven o'clock.");
  await fine.waitFor();
  expect(await unanswered.count()).toBe(0);
});
