import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const SRC = join(ROOT, "src");
const PAGE = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");

/** The layers of the page, from the top; each line holds neighbours that do not know each other. */
const LAYERS = (/```layers\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? "")
  .trim()
  .split("\n")
  .map((line) => line.split(" "));

/** The one import that points up, and the page says why. */
const EXCEPTIONS = ["platforms/sandbox/sandbox-object.ts -> services"];

interface Import {
  file: string;
  target: string;
  isType: boolean;
}

const FILES = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));

const IMPORTS: Import[] = FILES.flatMap((file) => {
  const text = readFileSync(join(SRC, file), "utf8");
  return [...text.matchAll(/^(?:import|export)\s+(type\s+)?[^;]*?from "([^"]+)";/gm)].map(([, type, target = ""]) => ({
    file,
    target,
    isType: type !== undefined,
  }));
});

/** The room a file is in: its folder, or itself when it stands in `src/`. */
function roomOf(file: string): string {
  return file.split("/")[0]?.replace(/\.tsx?$/, "") ?? "";
}

function floorOf(room: string): number {
  return LAYERS.findIndex((line) => line.includes(room));
}

/** Which rooms each room imports from, what everybody uses and the exception left out. */
function neighbours(): Map<string, Set<string>> {
  const rooms = new Map<string, Set<string>>();
  for (const { file, target, isType } of IMPORTS) {
    const from = roomOf(file);
    const to = target.startsWith(".") ? roomOf(relative(SRC, normalize(join(SRC, dirname(file), target)))) : from;
    const isDrawn = !isType && from !== to && !["lib", "env"].includes(to) && floorOf(to) > floorOf(from);
    if (isDrawn) rooms.set(from, (rooms.get(from) ?? new Set()).add(to));
  }
  return rooms;
}

/** The arrows that are left when every one is, whose end is reached by others as well. */
function drawn(): string[] {
  const rooms = neighbours();
  const reaches = (from: string, to: string): boolean =>
    [...(rooms.get(from) ?? [])].some((next) => next === to || reaches(next, to));
  return [...rooms].flatMap(([from, targets]) =>
    [...targets]
      .filter((to) => ![...targets].some((other) => other !== to && reaches(other, to)))
      .map((to) => `${from} --> ${to}`),
  );
}

describe("the imports agree with docs/architecture.md", () => {
  it("which names every room there is", () => {
    const rooms = new Set(FILES.map(roomOf));
    expect([...rooms].filter((room) => floorOf(room) === -1)).toEqual([]);
    expect(LAYERS.flat().filter((room) => !rooms.has(room))).toEqual([]);
  });

  it("whose drawing has the arrows that there are", () => {
    const drawing = /```mermaid\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? "";
    const arrows = [...drawing.matchAll(/^ *(\w+)(?:\[[^\]]*\])? --> (\w+)/gm)].map(
      ([, from, to]) => `${from} --> ${to}`,
    );
    expect(arrows.sort()).toEqual(drawn().sort());
  });

  it("which names every file of the rooms it shows in full", () => {
    for (const folder of ["api", "post"]) {
      const files = FILES.filter((file) => dirname(file) === folder).map((file) => file.slice(folder.length + 1));
      expect(files.filter((file) => !PAGE.includes(file))).toEqual([]);
    }
  });

  it("and point downwards, or stay in their room", () => {
    const upwards = IMPORTS.filter(({ isType, target }) => !isType && target.startsWith("."))
      .map(({ file, target }) => ({ from: file, to: relative(SRC, normalize(join(SRC, dirname(file), target))) }))
      .filter(({ from, to }) => roomOf(from) !== roomOf(to) && floorOf(roomOf(to)) <= floorOf(roomOf(from)))
      .map(({ from, to }) => `${from} -> ${roomOf(to)}`);
    expect(upwards).toEqual(EXCEPTIONS);
  });

  it("and keep drizzle in db/, Hono in api/ and console/, and Cloudflare's modules in the Durable Objects", () => {
    const outside = (pattern: RegExp, rooms: string[]) =>
      IMPORTS.filter(({ file, target }) => pattern.test(target) && !rooms.includes(roomOf(file))).map(
        ({ file }) => file,
      );
    expect(outside(/^drizzle-orm/, ["db"])).toEqual([]);
    expect(outside(/^@?hono/, ["api", "console", "index"])).toEqual([]);
    expect(outside(/^cloudflare:/, []).sort()).toEqual([
      "limits/rate-limit-object.ts",
      "platforms/sandbox/sandbox-object.ts",
      "post/post-object.ts",
      "post/sweeper.ts",
    ]);
  });

  it("and every test that the page points at is there", () => {
    const named = [...PAGE.matchAll(/`(test\/[\w./-]+\.test\.ts)`/g)].map((match) => match[1] ?? "");
    expect(named.length).toBeGreaterThan(0);
    for (const file of named) expect(() => readFileSync(join(ROOT, file))).not.toThrow();
  });
});

describe("the code", () => {
  it("looks at no clock and rolls no dice where it decides", () => {
    const pure = FILES.filter(
      (file) => /^(post|platforms)\//.test(file) && !/-object\.ts$|sweeper\.ts$|sandbox\//.test(file),
    );
    const guilty = pure.filter((file) =>
      /Date\.now\(|Math\.random\(|new Date\(\)/.test(readFileSync(join(SRC, file), "utf8")),
    );
    expect(guilty).toEqual([]);
  });
});
