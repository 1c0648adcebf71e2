import type { Schema } from "./document.ts";
import { resolve, violation } from "./document.ts";

/** A value in one place of which something is not as its schema says. */
export interface Mutant {
  value: unknown;
  /** What the place may be called: itself or, inside a choice between schemas, the choice. */
  fields: string[];
  /** What was done to it. */
  how: string;
}

type Path = readonly string[];

interface Edit {
  path: Path;
  /** What is put there; nothing is, where the member is taken away. */
  put?: { value: unknown };
  fields: string[];
  how: string;
}

const STRANGE_MEMBERS = ["unknown", "__proto__", "constructor", "toString"];
const STRANGE_VALUES = [null, true, 7, 1.5, "text", "7", [], {}, ["text"], { unknown: 1 }];
const STRANGE_TEXTS = {
  "date-time": ["yesterday", "2027-02-30T09:00:00Z", "2027-06-01T09:00:00", "2027-06-01", "1780000000", ""],
  uri: ["not an address", "", "//host.example"],
} as Record<string, string[]>;

/** Everything that can be wrong with a value in one place, at every depth. @param whole what the value itself is called */
export function mutantsOf(schema: Schema, value: unknown, whole: string): Mutant[] {
  const edits = [...editsAt(schema, value, [], [])];
  return edits.flatMap(({ fields, how, ...edit }) => {
    const spoilt = apply(value, edit);
    // A choice may allow what one of its branches does not.
    if (violation(schema, spoilt) === null) return [];
    return { value: spoilt, fields: fields.map((field) => field || whole), how };
  });
}

/** @param choices the choices that the place is inside of */
function* editsAt(reference: Schema, value: unknown, path: Path, choices: string[]): Generator<Edit> {
  const schema = resolve(reference);
  const branches = schema.anyOf ?? schema.oneOf;
  const named = (...more: string[]) => [[...path, ...more].join("."), ...choices];
  const put = (how: string, spoilt: unknown, fields = named()): Edit => ({
    path,
    put: { value: spoilt },
    fields,
    how: `${how} at ${path.join(".") || "the whole"}`,
  });

  if (branches) {
    for (const strange of STRANGE_VALUES) {
      if (!typesOf(schema).includes(typeOf(strange))) yield put("another type", strange);
    }
    const branch = branches.find((each) => violation(each, value) === null);
    // Of `oneOf` a member says which it is, so that the place inside can be named.
    const within = schema.anyOf ? [...choices, path.join(".")] : choices;
    if (branch) yield* editsAt(branch, value, path, within);
    return;
  }
  for (const strange of STRANGE_VALUES) {
    if (!typesOf(schema).includes(typeOf(strange))) yield put("another type", strange);
  }
  if (schema.enum && value !== null) {
    for (const strange of [`${value}x`, `${value}`.toUpperCase(), ""]) yield put("another value", strange);
  }
  if (typeof value === "string") {
    for (const strange of strangeTexts(schema, value)) yield put("another text", strange);
  }
  if (typeof value === "number") {
    if (schema.minimum !== undefined) yield put("too small", schema.minimum - 1);
    if (schema.maximum !== undefined) yield put("too large", schema.maximum + 1);
    if (schema.type === "integer") yield put("no integer", value + 0.5);
  }
  if (Array.isArray(value)) yield* editsOfList(schema, value, path, choices, put);
  else if (typeof value === "object" && value !== null) yield* editsOfObject(schema, value, path, choices, put);
}

type Put = (how: string, spoilt: unknown, fields?: string[]) => Edit;

function* editsOfList(schema: Schema, list: unknown[], path: Path, choices: string[], put: Put): Generator<Edit> {
  const { items = {}, minItems = 0, maxItems, uniqueItems } = schema;
  if (minItems > 0) yield put("too few", list.slice(0, minItems - 1));
  const [first] = list;
  if (first === undefined) return;
  if (maxItems !== undefined) {
    const copies = Array.from({ length: maxItems + 1 }, (_, i) => (typeof first === "string" ? `${first}${i}` : first));
    const areGood = copies.every((copy) => violation(items, copy) === null);
    if (areGood) yield put("too many", copies);
  }
  const repeated = [[...path, String(list.length)].join("."), ...choices];
  if (uniqueItems && list.length < (maxItems ?? Number.POSITIVE_INFINITY)) {
    yield put("a repetition", [...list, first], repeated);
  }
  for (const [index, item] of list.entries()) yield* editsAt(items, item, [...path, String(index)], choices);
}

function* editsOfObject(schema: Schema, object: object, path: Path, choices: string[], put: Put): Generator<Edit> {
  const { properties = {}, required = [], additionalProperties, minProperties = 0, maxProperties } = schema;
  const at = (name: string) => ({ path: [...path, name], fields: [[...path, name].join("."), ...choices] });
  for (const name of required) yield { ...at(name), how: `${name} is missing` };
  if (minProperties > 0) yield put("nothing", {});
  if (additionalProperties === false) {
    for (const name of STRANGE_MEMBERS) yield { ...at(name), put: { value: 1 }, how: `${name} is not known` };
  }
  if (maxProperties !== undefined) {
    const [value] = Object.values(object);
    const entries = Array.from({ length: maxProperties + 1 }, (_, i) => [`member_${i}`, value]);
    if (value !== undefined) yield put("too many members", Object.fromEntries(entries));
  }
  for (const [name, value] of Object.entries(object)) {
    const member = properties[name] ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
    if (member) yield* editsAt(member, value, [...path, name], choices);
  }
}

/** Texts that a schema does not allow. */
export function strangeTexts(schema: Schema, text: string): string[] {
  const { format = "", pattern, minLength = 0, maxLength } = schema;
  const texts = [...(STRANGE_TEXTS[format] ?? [])];
  if (minLength > 0) texts.push("");
  if (maxLength !== undefined) texts.push("x".repeat(maxLength + 1));
  if (pattern !== undefined) texts.push("", `${text}\u0000`, "é ", `${text}${"x".repeat(5_000)}`);
  return texts.filter((each) => violation(schema, each) !== null);
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

/** The types of which a value's own words are no reason to refuse it. */
function typesOf(reference: Schema): string[] {
  const schema = resolve(reference);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return branches.flatMap(typesOf);
  const values = schema.const === undefined ? schema.enum : [schema.const];
  const types = [schema.type ?? values?.map(typeOf) ?? "object"].flat();
  return types.includes("number") ? [...types, "integer"] : types;
}

function apply(value: unknown, { path, put }: Pick<Edit, "path" | "put">): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return put?.value;
  const copy: object = Array.isArray(value) ? [...value] : { ...(value as object) };
  if (rest.length === 0 && put === undefined) {
    delete copy[name as keyof object];
    return copy;
  }
  const member = Object.getOwnPropertyDescriptor(copy, name)?.value;
  // Not by assignment, for which some names mean more than a member.
  Object.defineProperty(copy, name, {
    value: apply(member, put === undefined ? { path: rest } : { path: rest, put }),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}
