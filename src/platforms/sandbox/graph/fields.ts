import { GraphFailure, invalidParameter } from "./answers.ts";

/** What `fields=id,from{name}` asks for: names, and below a name what is wanted of its value. */
export type Selection = Map<string, Selection | null>;

/**
 * A node with every field its type has. A field that has no value is `undefined`: it may be asked for and is not
 * answered. One that is not there at all may not be asked for.
 */
export type GraphNode = Record<string, unknown>;

/** A name, modifiers such as `.limit(5)`, and perhaps the beginning of a nested selection. */
const FIELD = /\s*(\w+)(?:\.\w+\([^)]*\))*\s*(\{)?/y;

/** Takes `id,attachments{media_type,target}` apart. Nothing asked for is null. */
export function parseFields(text: string | null): Selection | null {
  if (text === null || text === "") return null;
  const reader = { text, at: 0 };
  const selection = readSelection(reader);
  if (reader.at < text.length) throw syntaxError(reader.at);
  return selection;
}

function readSelection(reader: { text: string; at: number }): Selection {
  const selection: Selection = new Map();
  for (;;) {
    FIELD.lastIndex = reader.at;
    const match = FIELD.exec(reader.text);
    if (!match) throw syntaxError(reader.at);
    reader.at = FIELD.lastIndex;
    selection.set(match[1] ?? "", match[2] === undefined ? null : readNested(reader));
    if (reader.text[reader.at] !== ",") return selection;
    reader.at += 1;
  }
}

function readNested(reader: { text: string; at: number }): Selection {
  const nested = readSelection(reader);
  if (reader.text[reader.at] !== "}") throw syntaxError(reader.at);
  reader.at += 1;
  return nested;
}

function syntaxError(at: number): GraphFailure {
  return new GraphFailure(2500, null, `Syntax error "Expected name at character ${at}" in the fields parameter`);
}

/**
 * Answers of a node what was asked for, and its id always if it has one.
 *
 * @param defaults what is answered when nothing was asked for
 * @throws GraphFailure for a field that nodes of this type do not have
 */
export function pickFields(node: GraphNode, selection: Selection | null, defaults: string[] = []): GraphNode {
  const wanted = selection ?? new Map(defaults.map((name) => [name, null]));
  const picked: GraphNode = {};
  for (const [name, nested] of wanted) {
    if (!(name in node)) throw invalidParameter(`Tried accessing nonexisting field (${name})`);
    if (node[name] !== undefined) picked[name] = nested === null ? node[name] : pickNested(node[name], nested);
  }
  return node.id === undefined ? picked : { ...picked, id: node.id };
}

/** Nested values differ in what they have: what one lacks is left out. */
function pickNested(value: unknown, selection: Selection): unknown {
  if (Array.isArray(value)) return value.map((entry) => pickNested(entry, selection));
  if (value === null || typeof value !== "object") return value;
  if ("data" in value) return { ...value, data: pickNested(value.data, selection) };
  const members = Object.entries(value).filter(([name]) => name === "id" || selection.has(name));
  return Object.fromEntries(
    members.map(([name, member]) => {
      const nested = selection.get(name) ?? null;
      return [name, nested === null ? member : pickNested(member, nested)];
    }),
  );
}
