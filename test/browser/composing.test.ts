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
  const said = page.getByRole("status");

  await page.getByLabel("bakery").check();
  await text.fill("Fresh bread");
  await said.getByText("Nothing stands in the way.").waitFor();
  await page.route(CHECK, (route) => route.abort());
  await text.fill("Fresh bread from seven");
  await said.getByText("The check did not answer").waitFor();
  expect(await said.textContent()).not.toContain("Nothing stands in the way.");

  await page.unroute(CHECK);
  await text.fill("Fresh bread from seven o'clock.");
  await said.getByText("Nothing stands in the way.").waitFor();
  expect(await said.textContent()).not.toContain("did not answer");
});
