import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGES = ["README.md", "CHANGELOG.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith(".md"),
);

interface Link {
  page: string;
  file: string;
  anchor: string | undefined;
}

/** The links of a page to files of this repository. */
function linksOf(page: string): Link[] {
  const text = readFileSync(join(ROOT, page), "utf8").replaceAll(/```[\s\S]*?```/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^(https?|mailto):/.test(target))
    .map((target) => {
      const [path = "", anchor] = target.split("#");
      return { page, file: path === "" ? page : normalize(join(dirname(page), path)), anchor };
    });
}

/** The names that a page's headings have in addresses. */
function anchorsOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8").replaceAll(/```[\s\S]*?```/g, "");
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("the pages", () => {
  it("lead to files and headings that are there", () => {
    const dead = PAGES.flatMap(linksOf).filter(
      ({ file, anchor }) =>
        !existsSync(join(ROOT, file)) || (anchor !== undefined && !anchorsOf(file).includes(anchor)),
    );
    expect(dead).toEqual([]);
  });

  it("are all reached from the README", () => {
    const named = linksOf("README.md").map(({ file }) => file);
    expect(PAGES.filter((page) => page !== "README.md" && !named.includes(page))).toEqual([]);
  });
});
