import fc from "fast-check";
import type { Schema } from "./document.ts";
import { resolve } from "./document.ts";

/**
 * Says what a member holds that its schema calls no more than a string: an id, an address.
 *
 * @param name the member's own; entries of a list go by the list's
 */
export type Hints = (name: string) => fc.Arbitrary<string> | undefined;

/** Longer lists and texts try nothing that shorter ones do not. */
const MANY = 4;
const LONG = 40;
const DAY = 86_400_000;

/** Values that a schema allows. */
export function arbitraryOf(reference: Schema, hints: Hints, name = ""): fc.Arbitrary<unknown> {
  const schema = resolve(reference);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return fc.oneof(...branches.map((branch) => arbitraryOf(branch, hints, name)));
  const types = [schema.type ?? "object"].flat();
  return fc.oneof(...types.map((type) => ofType(type, schema, hints, name)));
}

function ofType(type: string, schema: Schema, hints: Hints, name: string): fc.Arbitrary<unknown> {
  switch (type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
    case "number":
      return number(type, schema);
    case "string":
      return hints(name) ?? text(schema);
    case "array":
      return list(schema, arbitraryOf(schema.items ?? {}, hints, name));
    default:
      return object(schema, hints);
  }
}

/** Often what is just allowed. */
function number(type: string, { minimum, maximum }: Schema): fc.Arbitrary<number> {
  const min = minimum ?? Math.min(-1_000_000, maximum ?? 0);
  const max = maximum ?? Math.max(1_000_000, min);
  const between = type === "integer" ? fc.integer({ min, max }) : fc.double({ min, max, noNaN: true });
  return fc.oneof({ weight: 2, arbitrary: between }, fc.constantFrom(minimum ?? min, maximum ?? min));
}

function text({ format, pattern, minLength = 0, maxLength = LONG }: Schema): fc.Arbitrary<string> {
  if (format === "date-time") return time();
  if (format === "uri") return fc.webUrl({ validSchemes: ["https"], withQueryParameters: true });
  const size = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, LONG)) };
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, "u"), { maxLength: 2 * LONG });
  const some = fc.oneof(
    fc.string({ ...size, unit: "grapheme" }),
    // Any character there is, also those that stand for nothing.
    fc.string({ ...size, unit: "binary" }),
  );
  // Some texts are trimmed first.
  return some.map((made) => (minLength > 0 && made.trim() === "" ? "x".repeat(minLength) : made)).filter(fits);

  // Counted as JavaScript does: a grapheme may be several.
  function fits({ length }: string): boolean {
    return length <= maxLength;
  }
}

/** Mostly to come, and within a year. */
function time(): fc.Arbitrary<string> {
  const offset = fc.constantFrom("Z", "+02:00", "-09:30", ".250Z");
  return fc
    .tuple(fc.integer({ min: -1, max: 300 }), offset)
    .map(([days, zone]) => new Date(Date.now() + days * DAY + DAY / 2).toISOString().slice(0, 19) + zone);
}

function list({ minItems = 0, maxItems = MANY, uniqueItems }: Schema, items: fc.Arbitrary<unknown>) {
  const size = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, MANY)) };
  return uniqueItems
    ? fc.uniqueArray(items, {
        ...size,
        selector: (item) => (typeof item === "string" ? item.trim() : JSON.stringify(item)),
      })
    : fc.array(items, size);
}

function object(schema: Schema, hints: Hints): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties, minProperties = 0, maxProperties = MANY } = schema;
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, member]) => [name, arbitraryOf(member, hints, name)]),
  );
  const known = fc.record(members, { requiredKeys: required });
  const whole =
    typeof additionalProperties === "object"
      ? fc
          .tuple(
            known,
            fc.dictionary(names(schema), arbitraryOf(additionalProperties, hints), {
              maxKeys: Math.min(maxProperties, MANY),
            }),
          )
          .map(([own, more]) => ({ ...more, ...own }))
      : known;
  return whole.filter((value) => Object.keys(value).length >= minProperties);
}

function names({ propertyNames }: Schema): fc.Arbitrary<string> {
  return propertyNames ? text(resolve(propertyNames)) : fc.stringMatching(/^[a-z_]{1,10}$/);
}
