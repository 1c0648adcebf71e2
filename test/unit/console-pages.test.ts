import { expect, it } from "vitest";
import { connectPages } from "../../src/console/connect.tsx";
import { consolePages } from "../../src/console/console.tsx";
import { docs } from "../../src/console/docs.tsx";
import { sandboxPosts } from "../../src/console/sandbox-posts.tsx";
import { NO_PAGES, PAGES } from "../browser/helpers/pages.ts";

const ROUTES = [consolePages, sandboxPosts, connectPages, docs]
  .flatMap(({ routes }) => routes)
  .filter(({ method }) => method === "GET")
  .map(({ path }) => path);

it("every page is looked at by the tests in a browser", () => {
  const known = new Set([...PAGES.map(({ route }) => route), ...NO_PAGES]);
  expect(ROUTES.filter((route) => !known.has(route))).toEqual([]);
});

it("nothing is said to be no page that is not there", () => {
  expect(NO_PAGES.filter((route) => !ROUTES.includes(route))).toEqual([]);
});
